-- Who declines support before there is a plan has none that could be evaluated; the wish and the closing sheet are kept all the same.
ALTER TABLE "evaluation" DROP CONSTRAINT "evaluation_plan_id_fkey";
ALTER TABLE "evaluation" ALTER COLUMN "plan_id" DROP NOT NULL;
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "plan"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE evaluation ADD CONSTRAINT evaluation_plan CHECK (plan_id IS NOT NULL OR eval_type IN ('opinion', 'closing'));
