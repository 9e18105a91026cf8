CREATE TABLE public.talks (
    channel character varying(32) NOT NULL,
    "user" character varying(128) NOT NULL,
    state text NOT NULL,
    updated_at timestamp with time zone NOT NULL
);
INSERT INTO public.talks VALUES ('telegram', '1001', '{"intent":"lawsuit"}', '2026-11-18 11:06:40+00');
INSERT INTO public.talks VALUES ('web', '会话-2', '{"intent":"home_visit","misses":1}', '2026-11-18 11:06:45+00');
ALTER TABLE ONLY public.talks
    ADD CONSTRAINT talks_pkey PRIMARY KEY (channel, "user");
CREATE INDEX ix_talks_updated_at ON public.talks USING btree (updated_at);
