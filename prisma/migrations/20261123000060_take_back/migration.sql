-- An older diagram deployed again becomes the newest version: that is how a change is taken back.
DROP INDEX "process_definition_key_sha256_key";
CREATE INDEX "process_definition_key_sha256_idx" ON "process_definition"("key", "sha256");
