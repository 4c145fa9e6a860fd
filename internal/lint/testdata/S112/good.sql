CREATE TABLE teams (
	id uuid DEFAULT gen_random_uuid(),
	lead_id uuid,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_teams PRIMARY KEY (id)
);
CREATE TABLE people (
	id uuid DEFAULT gen_random_uuid(),
	team_id uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT pk_people PRIMARY KEY (id),
	CONSTRAINT fk_people_teams FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE RESTRICT
);
CREATE INDEX ix_people_team_id ON people (team_id);
CREATE INDEX ix_teams_lead_id ON teams (lead_id);
ALTER TABLE teams ADD CONSTRAINT fk_teams_people FOREIGN KEY (lead_id) REFERENCES people (id) ON DELETE RESTRICT;

COMMENT ON COLUMN teams.lead_id IS 'Null until the first person has joined.';
