CREATE TABLE public.broadcasts (
    id character varying(32) NOT NULL,
    admin_channel character varying(32) NOT NULL,
    admin_user character varying(128) NOT NULL,
    text text NOT NULL,
    people integer NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.channel_states (
    channel character varying(32) NOT NULL,
    "user" character varying(128) NOT NULL,
    kind character varying(16) NOT NULL,
    data text NOT NULL,
    updated_at bigint NOT NULL
);
CREATE TABLE public.claims (
    key character varying(64) NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.doubts (
    id integer NOT NULL,
    kind character varying(16) NOT NULL,
    intent character varying(40) NOT NULL,
    text character varying(400) NOT NULL,
    likeness character varying(400) NOT NULL,
    count integer NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL
);
CREATE SEQUENCE public.doubts_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.doubts_id_seq OWNED BY public.doubts.id;
CREATE TABLE public.handovers (
    channel character varying(32) NOT NULL,
    "user" character varying(128) NOT NULL,
    admin_channel character varying(32) NOT NULL,
    admin_user character varying(128) NOT NULL,
    until bigint NOT NULL
);
CREATE TABLE public.misses (
    id integer NOT NULL,
    text character varying(400) NOT NULL,
    likeness character varying(400) NOT NULL,
    count integer NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL
);
CREATE SEQUENCE public.misses_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.misses_id_seq OWNED BY public.misses.id;
CREATE TABLE public.outcomes (
    day character varying(10) NOT NULL,
    decision character varying(16) NOT NULL,
    intent character varying(40) NOT NULL,
    count integer NOT NULL
);
CREATE TABLE public.picks (
    day character varying(10) NOT NULL,
    shown character varying(200) NOT NULL,
    picked character varying(40) NOT NULL,
    count integer NOT NULL
);
CREATE TABLE public.pull_cursors (
    channel character varying(32) NOT NULL,
    account character varying(128) NOT NULL,
    cursor character varying(256) NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.pull_work (
    key character varying(64) NOT NULL,
    channel character varying(32) NOT NULL,
    kind character varying(32) NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.recipients (
    number integer NOT NULL,
    broadcast character varying(32) NOT NULL,
    channel character varying(32) NOT NULL,
    "user" character varying(128) NOT NULL,
    at bigint NOT NULL
);
CREATE SEQUENCE public.recipients_number_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.recipients_number_seq OWNED BY public.recipients.number;
CREATE TABLE public.talks (
    channel character varying(32) NOT NULL,
    "user" character varying(128) NOT NULL,
    state text NOT NULL,
    updated_at bigint NOT NULL
);
CREATE TABLE public.votes (
    channel character varying(32) NOT NULL,
    "user" character varying(128) NOT NULL,
    intent character varying(40) NOT NULL,
    useful boolean NOT NULL,
    reason character varying(16),
    at bigint NOT NULL
);
ALTER TABLE ONLY public.doubts ALTER COLUMN id SET DEFAULT nextval('public.doubts_id_seq'::regclass);
ALTER TABLE ONLY public.misses ALTER COLUMN id SET DEFAULT nextval('public.misses_id_seq'::regclass);
ALTER TABLE ONLY public.recipients ALTER COLUMN number SET DEFAULT nextval('public.recipients_number_seq'::regclass);
INSERT INTO public.broadcasts VALUES ('c0ffeec0ffeec0ffeec0ffeec0ffee', 'telegram', '7', '今晚维护', 2, 1795000000);
INSERT INTO public.channel_states VALUES ('wechat', 'o1', 'quota', '[2]', 1795000000);
INSERT INTO public.claims VALUES ('abababababababababababababababababababababababababababababababab', 1795000000);
INSERT INTO public.doubts VALUES (1, 'useless', 'lawsuit', '会不会告我', '会不会告我', 2, 1795000000, 1795000009);
INSERT INTO public.handovers VALUES ('telegram', '1001', 'telegram', '7', 1795001800);
INSERT INTO public.misses VALUES (1, '我叫[姓名]，怎么办', '我叫怎么办', 3, 1795000000, 1795000009);
INSERT INTO public.outcomes VALUES ('2026-11-18', 'answer', 'lawsuit', 12);
INSERT INTO public.picks VALUES ('2026-11-18', 'home_visit,lawsuit', 'lawsuit', 4);
INSERT INTO public.pull_cursors VALUES ('wecom', 'wk1', 'c-7', 1795000000);
INSERT INTO public.pull_work VALUES ('cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', 'wecom', 'text', 1795000000);
INSERT INTO public.recipients VALUES (1, 'c0ffeec0ffeec0ffeec0ffeec0ffee', 'telegram', '1001', 1795000000);
INSERT INTO public.talks VALUES ('telegram', '1001', '{"intent":"lawsuit"}', 1795000000);
INSERT INTO public.talks VALUES ('web', '会话-2', '{"intent":"home_visit","misses":1}', 1795000005);
INSERT INTO public.votes VALUES ('telegram', '1001', 'lawsuit', false, 'unclear', 1795000000);
INSERT INTO public.votes VALUES ('web', '会话-2', 'lawsuit', true, NULL, 1795000000);
SELECT pg_catalog.setval('public.doubts_id_seq', 1, true);
SELECT pg_catalog.setval('public.misses_id_seq', 1, true);
SELECT pg_catalog.setval('public.recipients_number_seq', 1, true);
ALTER TABLE ONLY public.broadcasts
    ADD CONSTRAINT broadcasts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.channel_states
    ADD CONSTRAINT channel_states_pkey PRIMARY KEY (channel, "user", kind);
ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.doubts
    ADD CONSTRAINT doubts_kind_likeness_key UNIQUE (kind, likeness);
ALTER TABLE ONLY public.doubts
    ADD CONSTRAINT doubts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.handovers
    ADD CONSTRAINT handovers_admin_channel_admin_user_key UNIQUE (admin_channel, admin_user);
ALTER TABLE ONLY public.handovers
    ADD CONSTRAINT handovers_pkey PRIMARY KEY (channel, "user");
ALTER TABLE ONLY public.misses
    ADD CONSTRAINT misses_likeness_key UNIQUE (likeness);
ALTER TABLE ONLY public.misses
    ADD CONSTRAINT misses_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.outcomes
    ADD CONSTRAINT outcomes_pkey PRIMARY KEY (day, decision, intent);
ALTER TABLE ONLY public.picks
    ADD CONSTRAINT picks_pkey PRIMARY KEY (day, shown, picked);
ALTER TABLE ONLY public.pull_cursors
    ADD CONSTRAINT pull_cursors_pkey PRIMARY KEY (channel, account);
ALTER TABLE ONLY public.pull_work
    ADD CONSTRAINT pull_work_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.recipients
    ADD CONSTRAINT recipients_channel_user_broadcast_key UNIQUE (channel, "user", broadcast);
ALTER TABLE ONLY public.recipients
    ADD CONSTRAINT recipients_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.talks
    ADD CONSTRAINT talks_pkey PRIMARY KEY (channel, "user");
ALTER TABLE ONLY public.votes
    ADD CONSTRAINT votes_pkey PRIMARY KEY (channel, "user", intent);
CREATE INDEX ix_broadcasts_at ON public.broadcasts USING btree (at);
CREATE INDEX ix_channel_states_updated_at ON public.channel_states USING btree (updated_at);
CREATE INDEX ix_claims_at ON public.claims USING btree (at);
CREATE INDEX ix_doubts_first_at ON public.doubts USING btree (first_at);
CREATE INDEX ix_doubts_last_at ON public.doubts USING btree (last_at);
CREATE INDEX ix_handovers_until ON public.handovers USING btree (until);
CREATE INDEX ix_misses_first_at ON public.misses USING btree (first_at);
CREATE INDEX ix_misses_last_at ON public.misses USING btree (last_at);
CREATE INDEX ix_pull_cursors_at ON public.pull_cursors USING btree (at);
CREATE INDEX ix_pull_work_at ON public.pull_work USING btree (at);
CREATE INDEX ix_recipients_at ON public.recipients USING btree (at);
CREATE INDEX ix_recipients_broadcast ON public.recipients USING btree (broadcast);
CREATE INDEX ix_talks_updated_at ON public.talks USING btree (updated_at);
CREATE INDEX ix_votes_at ON public.votes USING btree (at);
