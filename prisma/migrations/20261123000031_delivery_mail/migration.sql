-- What one mail tells of is found through it when it is written, so that its row names nothing but itself.
CREATE INDEX notification_mail ON notification (mail_id) WHERE mail_id IS NOT NULL;
