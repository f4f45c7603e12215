-- A place that could not be opened up goes on as a 地域課題: which one.
ALTER TABLE "development_item" ADD COLUMN "issue_id" UUID;
