-- CreateTable
CREATE TABLE "agency" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "field" TEXT,
    "is_contractor" BOOLEAN NOT NULL DEFAULT false,
    "can_intake" BOOLEAN NOT NULL DEFAULT false,
    "active" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "agency_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "work_group" (
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "agency_code" TEXT,

    CONSTRAINT "work_group_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "app_user" (
    "id" UUID NOT NULL,
    "login" TEXT NOT NULL,
    "password_hash" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "agency_code" TEXT NOT NULL,
    "roles" TEXT[],
    "active" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "app_user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "membership" (
    "user_id" UUID NOT NULL,
    "group_key" TEXT NOT NULL,

    CONSTRAINT "membership_pkey" PRIMARY KEY ("user_id","group_key")
);

-- CreateTable
CREATE TABLE "session" (
    "sid" TEXT NOT NULL,
    "sess" JSON NOT NULL,
    "expire" TIMESTAMP(6) NOT NULL,

    CONSTRAINT "session_pkey" PRIMARY KEY ("sid")
);

-- CreateTable
CREATE TABLE "support_case" (
    "id" UUID NOT NULL,
    "case_no" TEXT NOT NULL,
    "field" TEXT NOT NULL,
    "channel" TEXT,
    "agency_code" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'open',
    "urgent" BOOLEAN NOT NULL DEFAULT false,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "opened_by_id" UUID,
    "closed_at" TIMESTAMPTZ(3),
    "close_reason" TEXT,

    CONSTRAINT "support_case_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "submission" (
    "id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "case_id" UUID,
    "form_key" TEXT NOT NULL,
    "form_sha256" TEXT NOT NULL,
    "answers" JSONB NOT NULL,
    "submitted_by_id" UUID,
    "submitted_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "submission_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "draft" (
    "task_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "answers" JSONB NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "saved_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "draft_pkey" PRIMARY KEY ("task_id","user_id")
);

-- CreateTable
CREATE TABLE "task_comment" (
    "id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "author_id" UUID NOT NULL,
    "body" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "task_comment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "process_definition" (
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "xml" TEXT NOT NULL,
    "forms" JSONB NOT NULL,
    "start_messages" TEXT[],
    "executor_version" TEXT NOT NULL,
    "deployed_by_id" UUID,
    "deployed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "process_definition_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "process_instance" (
    "id" UUID NOT NULL,
    "definition_id" UUID NOT NULL,
    "root_id" UUID NOT NULL,
    "parent_id" UUID,
    "parent_execution_id" TEXT,
    "business_key" TEXT,
    "status" TEXT NOT NULL DEFAULT 'active',
    "state" TEXT,
    "variables" JSONB NOT NULL,
    "step_no" INTEGER NOT NULL DEFAULT 0,
    "executor_version" TEXT NOT NULL,
    "started_by_id" UUID,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,

    CONSTRAINT "process_instance_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "task" (
    "id" UUID NOT NULL,
    "instance_id" UUID NOT NULL,
    "definition_id" UUID NOT NULL,
    "process_key" TEXT NOT NULL,
    "execution_id" TEXT NOT NULL,
    "element_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "business_key" TEXT,
    "candidate_groups" TEXT[],
    "assignee_id" UUID,
    "owner_id" UUID,
    "delegate_reason" TEXT,
    "status" TEXT NOT NULL DEFAULT 'open',
    "form_key" TEXT,
    "item" JSONB,
    "deadline" JSONB,
    "due_at" TIMESTAMPTZ(3),
    "follow_up_at" TIMESTAMPTZ(3),
    "urgent" BOOLEAN NOT NULL DEFAULT false,
    "priority" INTEGER NOT NULL DEFAULT 50,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "claimed_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "ended_by_id" UUID,
    "end_reason" TEXT,

    CONSTRAINT "task_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "due_change" (
    "id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "from_due_at" TIMESTAMPTZ(3),
    "to_due_at" TIMESTAMPTZ(3),
    "reason" TEXT NOT NULL,
    "by_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "due_change_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "timer" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "instance_id" UUID,
    "task_id" UUID,
    "execution_id" TEXT,
    "element_id" TEXT,
    "rule" TEXT,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "claimed_until" TIMESTAMPTZ(3),
    "fired_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "timer_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subscription" (
    "id" UUID NOT NULL,
    "instance_id" UUID NOT NULL,
    "execution_id" TEXT NOT NULL,
    "element_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "correlation_key" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "subscription_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "message" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "correlation_key" TEXT,
    "business_key" TEXT,
    "variables" JSONB NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'buffered',
    "published_by_id" UUID,
    "from_instance_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "correlated_instance_id" UUID,
    "correlated_at" TIMESTAMPTZ(3),

    CONSTRAINT "message_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "job" (
    "id" UUID NOT NULL,
    "instance_id" UUID NOT NULL,
    "execution_id" TEXT NOT NULL,
    "element_id" TEXT NOT NULL,
    "handler" TEXT NOT NULL,
    "input" JSONB NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'ready',
    "retries_left" INTEGER NOT NULL DEFAULT 3,
    "available_at" TIMESTAMPTZ(3) NOT NULL,
    "claimed_until" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "job_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "incident" (
    "id" UUID NOT NULL,
    "instance_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "element_id" TEXT,
    "execution_id" TEXT,
    "job_id" UUID,
    "timer_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "resolved_at" TIMESTAMPTZ(3),
    "resolved_by_id" UUID,
    "resolution" TEXT,
    "reason" TEXT,

    CONSTRAINT "incident_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "history_event" (
    "id" BIGSERIAL NOT NULL,
    "instance_id" UUID NOT NULL,
    "step_no" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "type" TEXT NOT NULL,
    "element_id" TEXT,
    "execution_id" TEXT,
    "actor_id" UUID,
    "data" JSONB,

    CONSTRAINT "history_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "relayed_at" TIMESTAMPTZ(3),

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reminder_ledger" (
    "task_id" UUID NOT NULL,
    "rule" TEXT NOT NULL,
    "scheduled_for" TIMESTAMPTZ(3) NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reminder_ledger_pkey" PRIMARY KEY ("task_id","rule","scheduled_for")
);

-- CreateTable
CREATE TABLE "notification" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "task_id" UUID,
    "business_key" TEXT,
    "kind" TEXT NOT NULL,
    "rule" TEXT NOT NULL,
    "urgent" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "read_at" TIMESTAMPTZ(3),
    "mail_id" UUID,

    CONSTRAINT "notification_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "mail" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "dedupe_key" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL,
    "claimed_until" TIMESTAMPTZ(3),
    "sent_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "mail_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_event" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor_id" UUID,
    "action" TEXT NOT NULL,
    "resource_type" TEXT NOT NULL,
    "resource_id" TEXT,
    "basis" TEXT,
    "outcome" TEXT NOT NULL,
    "reason" TEXT,
    "request_id" TEXT,
    "fields" TEXT[],

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_key" (
    "key" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "request_hash" TEXT NOT NULL,
    "status" INTEGER NOT NULL,
    "body" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("user_id","key")
);

-- CreateTable
CREATE TABLE "calendar_day" (
    "on_date" DATE NOT NULL,
    "open" BOOLEAN NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "calendar_day_pkey" PRIMARY KEY ("on_date")
);

-- CreateIndex
CREATE UNIQUE INDEX "app_user_login_key" ON "app_user"("login");

-- CreateIndex
CREATE INDEX "membership_group_key_idx" ON "membership"("group_key");

-- CreateIndex
CREATE INDEX "session_expire_idx" ON "session"("expire");

-- CreateIndex
CREATE UNIQUE INDEX "support_case_case_no_key" ON "support_case"("case_no");

-- CreateIndex
CREATE UNIQUE INDEX "submission_task_id_key" ON "submission"("task_id");

-- CreateIndex
CREATE INDEX "submission_case_id_submitted_at_idx" ON "submission"("case_id", "submitted_at");

-- CreateIndex
CREATE INDEX "task_comment_task_id_at_idx" ON "task_comment"("task_id", "at");

-- CreateIndex
CREATE INDEX "process_definition_start_messages_idx" ON "process_definition" USING GIN ("start_messages");

-- CreateIndex
CREATE UNIQUE INDEX "process_definition_key_version_key" ON "process_definition"("key", "version");

-- CreateIndex
CREATE UNIQUE INDEX "process_definition_key_sha256_key" ON "process_definition"("key", "sha256");

-- CreateIndex
CREATE INDEX "process_instance_definition_id_status_idx" ON "process_instance"("definition_id", "status");

-- CreateIndex
CREATE INDEX "process_instance_root_id_idx" ON "process_instance"("root_id");

-- CreateIndex
CREATE INDEX "process_instance_parent_id_idx" ON "process_instance"("parent_id");

-- CreateIndex
CREATE INDEX "process_instance_business_key_idx" ON "process_instance"("business_key");

-- CreateIndex
CREATE UNIQUE INDEX "task_instance_id_execution_id_key" ON "task"("instance_id", "execution_id");

-- CreateIndex
CREATE INDEX "due_change_task_id_at_idx" ON "due_change"("task_id", "at");

-- CreateIndex
CREATE INDEX "timer_instance_id_idx" ON "timer"("instance_id");

-- CreateIndex
CREATE INDEX "timer_task_id_idx" ON "timer"("task_id");

-- CreateIndex
CREATE INDEX "subscription_kind_name_correlation_key_idx" ON "subscription"("kind", "name", "correlation_key");

-- CreateIndex
CREATE UNIQUE INDEX "subscription_instance_id_execution_id_key" ON "subscription"("instance_id", "execution_id");

-- CreateIndex
CREATE INDEX "message_status_name_correlation_key_idx" ON "message"("status", "name", "correlation_key");

-- CreateIndex
CREATE INDEX "job_status_available_at_idx" ON "job"("status", "available_at");

-- CreateIndex
CREATE UNIQUE INDEX "job_instance_id_execution_id_key" ON "job"("instance_id", "execution_id");

-- CreateIndex
CREATE INDEX "incident_instance_id_idx" ON "incident"("instance_id");

-- CreateIndex
CREATE INDEX "history_event_instance_id_id_idx" ON "history_event"("instance_id", "id");

-- CreateIndex
CREATE INDEX "notification_user_id_read_at_idx" ON "notification"("user_id", "read_at");

-- CreateIndex
CREATE UNIQUE INDEX "notification_user_id_task_id_rule_key" ON "notification"("user_id", "task_id", "rule");

-- CreateIndex
CREATE UNIQUE INDEX "mail_dedupe_key_key" ON "mail"("dedupe_key");

-- CreateIndex
CREATE UNIQUE INDEX "mail_message_id_key" ON "mail"("message_id");

-- CreateIndex
CREATE INDEX "mail_status_next_attempt_at_idx" ON "mail"("status", "next_attempt_at");

-- CreateIndex
CREATE INDEX "audit_event_resource_type_resource_id_idx" ON "audit_event"("resource_type", "resource_id");

-- CreateIndex
CREATE INDEX "audit_event_actor_id_at_idx" ON "audit_event"("actor_id", "at");

-- AddForeignKey
ALTER TABLE "work_group" ADD CONSTRAINT "work_group_agency_code_fkey" FOREIGN KEY ("agency_code") REFERENCES "agency"("code") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "app_user" ADD CONSTRAINT "app_user_agency_code_fkey" FOREIGN KEY ("agency_code") REFERENCES "agency"("code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "membership" ADD CONSTRAINT "membership_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "membership" ADD CONSTRAINT "membership_group_key_fkey" FOREIGN KEY ("group_key") REFERENCES "work_group"("key") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "submission" ADD CONSTRAINT "submission_case_id_fkey" FOREIGN KEY ("case_id") REFERENCES "support_case"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "process_instance" ADD CONSTRAINT "process_instance_definition_id_fkey" FOREIGN KEY ("definition_id") REFERENCES "process_definition"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task" ADD CONSTRAINT "task_instance_id_fkey" FOREIGN KEY ("instance_id") REFERENCES "process_instance"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "incident" ADD CONSTRAINT "incident_instance_id_fkey" FOREIGN KEY ("instance_id") REFERENCES "process_instance"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
