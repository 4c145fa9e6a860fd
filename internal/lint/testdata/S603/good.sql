CREATE TABLE teams (
	id uuid DEFAULT gen_random_uuid(),
	motto varchar(200) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_teams PRIMARY KEY (id)
);
CREATE TABLE users (
	id uuid DEFAULT gen_random_uuid(),
	email varchar(320) NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_users PRIMARY KEY (id)
);
CREATE TABLE team_members (
	team_id uuid NOT NULL,
	user_id uuid NOT NULL,
	CONSTRAINT pk_team_members PRIMARY KEY (team_id, user_id),
	CONSTRAINT fk_team_members_teams FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE,
	CONSTRAINT fk_team_members_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_team_members_user_id ON team_members (user_id);
