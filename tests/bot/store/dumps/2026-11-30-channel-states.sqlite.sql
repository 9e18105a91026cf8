BEGIN TRANSACTION;
CREATE TABLE broadcasts (
	id VARCHAR(32) NOT NULL,
	admin_channel VARCHAR(32) NOT NULL,
	admin_user VARCHAR(128) NOT NULL,
	text TEXT NOT NULL,
	people INTEGER NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (id)
);
INSERT INTO "broadcasts" VALUES('c0ffeec0ffeec0ffeec0ffeec0ffee','telegram','7','今晚维护',2,1795000000);
CREATE TABLE channel_states (
	channel VARCHAR(32) NOT NULL,
	user VARCHAR(128) NOT NULL,
	kind VARCHAR(16) NOT NULL,
	data TEXT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (channel, user, kind)
);
INSERT INTO "channel_states" VALUES('wechat','o1','quota','[2]',1795000000);
CREATE TABLE claims (
	"key" VARCHAR(64) NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY ("key")
);
INSERT INTO "claims" VALUES('abababababababababababababababababababababababababababababababab',1795000000);
CREATE TABLE handovers (
	channel VARCHAR(32) NOT NULL,
	user VARCHAR(128) NOT NULL,
	admin_channel VARCHAR(32) NOT NULL,
	admin_user VARCHAR(128) NOT NULL,
	until BIGINT NOT NULL,
	PRIMARY KEY (channel, user),
	UNIQUE (admin_channel, admin_user)
);
INSERT INTO "handovers" VALUES('telegram','1001','telegram','7',1795001800);
CREATE TABLE misses (
	id INTEGER NOT NULL,
	text VARCHAR(400) NOT NULL,
	likeness VARCHAR(400) NOT NULL,
	count INTEGER NOT NULL,
	first_at BIGINT NOT NULL,
	last_at BIGINT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (likeness)
);
INSERT INTO "misses" VALUES(1,'我叫[姓名]，怎么办','我叫怎么办',3,1795000000,1795000009);
CREATE TABLE outcomes (
	day VARCHAR(10) NOT NULL,
	decision VARCHAR(16) NOT NULL,
	intent VARCHAR(40) NOT NULL,
	count INTEGER NOT NULL,
	PRIMARY KEY (day, decision, intent)
);
INSERT INTO "outcomes" VALUES('2026-11-18','answer','lawsuit',12);
CREATE TABLE picks (
	day VARCHAR(10) NOT NULL,
	shown VARCHAR(200) NOT NULL,
	picked VARCHAR(40) NOT NULL,
	count INTEGER NOT NULL,
	PRIMARY KEY (day, shown, picked)
);
INSERT INTO "picks" VALUES('2026-11-18','home_visit,lawsuit','lawsuit',4);
CREATE TABLE recipients (
	number INTEGER NOT NULL,
	broadcast VARCHAR(32) NOT NULL,
	channel VARCHAR(32) NOT NULL,
	user VARCHAR(128) NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (number),
	UNIQUE (channel, user, broadcast)
);
INSERT INTO "recipients" VALUES(1,'c0ffeec0ffeec0ffeec0ffeec0ffee','telegram','1001',1795000000);
CREATE TABLE talks (
	channel VARCHAR(32) NOT NULL,
	user VARCHAR(128) NOT NULL,
	state TEXT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (channel, user)
);
INSERT INTO "talks" VALUES('telegram','1001','{"intent":"lawsuit"}',1795000000);
INSERT INTO "talks" VALUES('web','会话-2','{"intent":"home_visit","misses":1}',1795000005);
CREATE TABLE votes (
	channel VARCHAR(32) NOT NULL,
	user VARCHAR(128) NOT NULL,
	intent VARCHAR(40) NOT NULL,
	useful BOOLEAN NOT NULL,
	reason VARCHAR(16),
	at BIGINT NOT NULL,
	PRIMARY KEY (channel, user, intent)
);
INSERT INTO "votes" VALUES('telegram','1001','lawsuit',0,'unclear',1795000000);
INSERT INTO "votes" VALUES('web','会话-2','lawsuit',1,NULL,1795000000);
CREATE INDEX ix_talks_updated_at ON talks (updated_at);
CREATE INDEX ix_misses_last_at ON misses (last_at);
CREATE INDEX ix_misses_first_at ON misses (first_at);
CREATE INDEX ix_votes_at ON votes (at);
CREATE INDEX ix_claims_at ON claims (at);
CREATE INDEX ix_handovers_until ON handovers (until);
CREATE INDEX ix_channel_states_updated_at ON channel_states (updated_at);
CREATE INDEX ix_broadcasts_at ON broadcasts (at);
CREATE INDEX ix_recipients_broadcast ON recipients (broadcast);
CREATE INDEX ix_recipients_at ON recipients (at);
COMMIT;
