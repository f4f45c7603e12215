-- A consent that a sheet brought by mistake (an import that is undone) was never one: it ends as void, with who said so.
ALTER TABLE consent_end DROP CONSTRAINT consent_end_kind;
ALTER TABLE consent_end ADD CONSTRAINT consent_end_kind CHECK (kind IN ('withdrawn', 'narrowed', 'expired', 'superseded', 'void'));
