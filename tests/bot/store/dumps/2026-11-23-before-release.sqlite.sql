BEGIN TRANSACTION;
CREATE TABLE talks (
	channel VARCHAR(32) NOT NULL,
	user VARCHAR(128) NOT NULL,
	state TEXT NOT NULL,
	updated_at DATETIME NOT NULL,
	PRIMARY KEY (channel, user)
);
INSERT INTO "talks" VALUES('telegram','1001','{"intent":"lawsuit"}','2026-11-18 11:06:40.000000');
INSERT INTO "talks" VALUES('web','会话-2','{"intent":"home_visit","misses":1}','2026-11-18 11:06:45.000000');
CREATE INDEX ix_talks_updated_at ON talks (updated_at);
COMMIT;
