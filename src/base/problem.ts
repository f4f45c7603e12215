// The one page of refusals. A Problem is a refusal: the caller can act on it. An Outage: a dependency is away, come back
// later. Anything else thrown is a Fault: our bug, rolled back, answered 500. Sent as RFC 9457 application/problem+json
// by http/errors.ts; docs/PROBLEMS.md is generated from this table.

interface ProblemKind {
  status: number;
  title: string;
  /** What happened and what to do, for staff. */
  detail: string;
  when: string;
}

const kinds = {
  bad_json: { status: 400, title: 'JSON として読めません', detail: '送られた内容が JSON として読めませんでした。書式を確かめて、もう一度送ってください。', when: 'The body is not JSON.' },
  invalid: { status: 422, title: '内容に誤りがあります', detail: '下の項目を直して、もう一度送ってください。', when: 'Path, query or body do not have the shape that the OpenAPI document names; `errors` points at each.' },
  form_invalid: { status: 422, title: '入力に誤りがあります', detail: '下の項目を直して、もう一度送ってください。入力した内容は保存されていません。', when: 'An answer is missing or not allowed by the form of the task.' },
  too_large: { status: 413, title: '送られた内容が大きすぎます', detail: '内容を減らして、もう一度送ってください。', when: 'The body is larger than the route allows.' },
  media_type: { status: 415, title: '送り方が違います', detail: 'Content-Type を確かめてください。', when: 'The body is not of the media type that the route takes.' },
  not_signed_in: { status: 401, title: 'サインインしてください', detail: 'サインインしていないか、時間が経ったためサインアウトしました。もう一度サインインしてください。', when: 'No session, or it has ended.' },
  sign_in_failed: { status: 401, title: 'サインインできませんでした', detail: 'ログイン名かパスワードが違います。', when: 'Wrong login or password, or the account is not active.' },
  too_many_requests: { status: 429, title: '回数が多すぎます', detail: 'しばらく待ってから、もう一度お試しください。', when: 'A rate limit was reached; Retry-After says when.' },
  forbidden: { status: 403, title: '権限がありません', detail: 'この操作をする権限がありません。必要なときは所属の管理者に相談してください。', when: 'The person may not do this at all (role).' },
  cross_site: { status: 403, title: '別のサイトからの操作は受け付けません', detail: 'この画面を開き直してから、もう一度お試しください。', when: 'Origin or Sec-Fetch-Site shows that another site sent the request.' },
  not_found: { status: 404, title: '見つかりません', detail: '見つからないか、見る権限がありません。', when: 'It is not there, or this person may not know that it is there. Both look the same.' },
  method_not_allowed: { status: 405, title: 'この操作はできません', detail: 'この宛先ではこの操作を受け付けません。', when: 'The path exists, the method does not.' },
  task_closed: { status: 409, title: 'この仕事は終わっています', detail: 'ほかの人が先に終えたか、取り消されました。', when: 'The task was completed or cancelled before; `by` and `at` say who and when.' },
  task_claimed: { status: 409, title: 'ほかの人が引き受けています', detail: 'この仕事はほかの人が引き受けています。', when: 'Claim, complete or draft of a task that somebody else holds; `by` and `at` say who and when.' },
  task_not_claimed: { status: 409, title: '先に引き受けてください', detail: 'この操作の前に、この仕事を引き受けてください。', when: 'The operation needs an assignee and the task has none.' },
  version_conflict: { status: 409, title: 'ほかの人が先に変更しました', detail: '最新の内容を読み直してから、もう一度お試しください。', when: 'The version sent is not the current one; `by` and `at` where known.' },
  preview_stale: { status: 409, title: '確かめたあとに変わりました', detail: '動く期限が、確かめたときと違います。何も変えていません。もう一度確かめてから、変更してください。', when: 'A change of the calendar after whose preview something else would move: a task was opened, completed or given another due time; `digest` is the one of now.' },
  idempotency_mismatch: { status: 409, title: '同じ Idempotency-Key で別の内容が送られました', detail: '新しいキーで送り直してください。', when: 'The key was used before with another request.' },
  instance_not_active: { status: 409, title: 'この手続きは動いていません', detail: '停止中か、終了または取消し済みです。', when: 'The process instance is suspended, ended or cancelled.' },
  wait_not_open: { status: 409, title: '待ち状態ではありません', detail: '先にほかの操作で進んだ可能性があります。読み直してください。', when: 'Timer, job or message catch is no longer open.' },
  clock_stands: { status: 409, title: '期限の時計は止まっています', detail: '時計を再開してから、もう一度お試しください。', when: 'The clock of the task or case stands already, or its due time is to be changed meanwhile; `resumeOn` says when it goes on by itself.' },
  possible_duplicates: { status: 409, title: '同じ人かもしれない登録があります', detail: '何も登録していません。同じ人なら登録済みの番号を選び、別の人なら「別の人と確かめた」を選んで、もう一度送ってください。', when: 'Somebody would be registered who may be registered already; `duplicates` names for each the registrations that the filer reaches (`ids`) and says that there is at least one more elsewhere (`elsewhereAtLeast`); of an import, `warnings` names the cells.' },
  clock_runs_on: { status: 409, title: 'この仕事の期限は止められません', detail: '法律や本人の安全のために決められた期限です。間に合わないときは、責任者に知らせてください。', when: 'Pause of a task whose diagram says `neverPaused`: emergencies, the withdrawal of a consent, urgent cases.' },
  import_refused: { status: 422, title: '取り込めないセルがあります', detail: '挙げたセルを直して、もう一度取り込んでください。何も登録されていません。', when: 'A workbook with cells that do not fit; `bad` names each: sheet, cell, what is wrong, how it is written.' },
  import_twice: { status: 409, title: 'このファイルは取込み済みです', detail: '同じ内容のファイルがすでに取り込まれています。', when: 'The very same workbook was taken in before and not undone.' },
  import_in_use: { status: 409, title: 'この取込みは取り消せません', detail: '取り込んだあとに、ケースの仕事が進んでいます。', when: 'Undo of an import of which cases were worked on since (`caseNos`), or of records that cannot be taken back together.' },
  no_catcher: { status: 409, title: '受け取る手続きがありません', detail: 'この名前とキーのメッセージを待っている手続きがなく、保留の期間も指定されていません。', when: 'A message that nobody waits for, with a time to live of zero, or from somebody who may let it wait only under a key of the case.' },
  incident_closed: { status: 409, title: 'この障害は対応済みです', detail: 'すでに対応が済んでいます。', when: 'Retry or skip of a resolved incident.' },
  resource_full: { status: 409, title: '受入先に空きがありません', detail: 'この社会資源の定員はすでに埋まっています。ほかの資源を探すか、空きを確かめてください。', when: 'A match with a place whose seats are all taken; `capacity` and `taken` say how many.' },
  case_running: { status: 409, title: 'まだ終結できません', detail: 'このケースで続いている手続きを先に終えてください。', when: 'The closure of a case of which something is still going on; `running` says what: emergency, withdrawal, exit, referral, meeting (invited to), decision (of a meeting, not carried out), other.' },
  case_closed: { status: 409, title: 'このケースは終結しています', detail: '終結したケースでは新しい手続きを始められません。支援が要るときは新しい相談として受け付けてください。緊急の連絡と同意の撤回は、このまま記録できます（ケースを再開します）。', when: 'Something would begin on a case that is closed. An emergency (F13) and a withdrawal of consent (F17) open it again instead.' },
  main_line_runs: { status: 409, title: 'この手続きはすでに進んでいます', detail: '多機関協働と支援会議の経路は、一つのケースで二つ進められません。いま進んでいるほうで続けてください。', when: 'A second main line (P02), or a second route of a 支援会議 (P03), would begin for a case by hand. One that a diagram would begin joins the one that runs instead, and whoever completed the step is told.' },
  outreach_basis_missing: { status: 409, title: 'アウトリーチの根拠がありません', detail: '本人の同意も、支援会議での方針の確認も記録されていません。先にどちらかを記録してください。', when: 'Outreach that says it rests on a consent or on a 支援会議 of which there is none on record.' },
  diagram_refused: { status: 422, title: 'この図は登録できません', detail: '下の規則に反しています。図を直して、もう一度登録してください。', when: 'Deploy; `errors` names each rule and element.' },
  too_many_variables: { status: 422, title: '変数が多すぎます', detail: '送る変数を減らしてください。', when: 'More than 200 variables, or more than 64 KiB of them.' },
  referral_cancelled: { status: 409, title: 'このつなぎは取り消されています', detail: '本人が同意を撤回したため、受理できません。差戻しを選んでください。', when: 'A yes to a referral whose consent was withdrawn before it was answered.' },
  referral_answered: { status: 409, title: 'このつなぎには回答済みです', detail: '差戻しか対象外と回答されています。続けるときは、もう一度つないでください。', when: 'An answer to a referral that was answered no before.' },
  referral_unanswered: { status: 409, title: 'このつなぎはまだ受理されていません', detail: '受理の回答があってから、結果を記録してください。', when: 'The result of a referral that nobody has accepted.' },
  emergency_missing: { status: 409, title: '緊急対応が始まっていません', detail: '先に緊急対応を起こしてください。', when: 'A record of an emergency for a case that has none open.' },
  exit_running: { status: 409, title: 'すでに届け出があります', detail: 'このケースの中断・転出などの手続きが進んでいます。そこに記録してください。', when: 'An exit notice for a case whose exit is being dealt with, or a resumption of one that neither rests nor is interrupted.' },
  handover_basis_missing: { status: 409, title: '引継ぎの根拠がありません', detail: '本人の有効な同意か、法令の根拠を記録してから引き継いでください。', when: 'A handover to another municipality that says it rests on a consent of which there is none, or on nothing.' },
  held_once: { status: 409, title: '保留を延ばせるのは1回です', detail: '再開するか、終結に進んでください。', when: 'A second prolongation of an interruption.' },
  own_change: { status: 403, title: '自分の改定案は承認できません', detail: '改定案を作った人とは別の人が承認します。', when: 'The approval of a change of a diagram by whoever drafted it.' },
  change_not_approved: { status: 409, title: '改定は承認されていません', detail: '図・様式を登録できるのは、業務手順の改定（P13）で別の人の承認を受け、施行日を決めたものだけです。改定案を作り、図・様式を検査に出し、承認を受けてください。', when: 'A version of a diagram or standing form that a person deploys, or its publication, without an approved change (P13) for this very key; or one that was returned or dropped.' },
  change_not_checked: { status: 409, title: '図・様式がまだ検査・試行されていません', detail: '改定する図・様式を検査に出し（改定案に結び付けて）、試行の結果を「承認に進む」と記録してから進めてください。', when: 'A trial that ends well of a change without a candidate, or the approval of a change that was not tried.' },
  change_tried: { status: 409, title: '試行の済んだ改定案は差し替えられません', detail: '承認されるのは、試行した図・様式です。差し替えるときは、改定案を差し戻してもらってください。', when: 'A new candidate for a change that was tried, approved, published or dropped; `status` says how it stands.' },
  change_not_yet_effective: { status: 409, title: 'まだ施行日ではありません', detail: '承認された改定です。施行日になると、自動で登録されます。', when: 'A person deploys an approved change before its day; `effectiveOn` is that day.' },
  change_differs: { status: 409, title: '承認された内容と違います', detail: '登録できるのは、承認された図・様式そのものです。変えるときは、新しい改定案で承認を受けてください。', when: 'What is deployed is not the candidate that was approved for this key, or a candidate is of another process or form than its change names.' },
  change_used: { status: 409, title: 'この改定は登録済みです', detail: '承認は1回だけ使えます。元の版に戻すときも、新しい改定案で承認を受けてください。', when: 'A change that was deployed before is deployed, drafted, tried or approved again.' },
  flag_resolved: { status: 409, title: 'この注意はすでに解かれています', detail: '必要なときは、新しく出してください。', when: 'A flag that is resolved.' },
  attachment_refused: { status: 422, title: 'このファイルは受け取れません', detail: '使えるのは PDF・JPG・PNG・Word（docx）・Excel（xlsx）・テキストで、マクロのない 20MB までのものです。', when: 'An attachment of another kind than its name says, with macros, broken, empty, or a bomb; `reason` says which.' },
  consent_missing: { status: 409, title: '同意の範囲にありません', detail: 'この機関・目的・情報について、いま有効な本人の同意がありません。共有していません。', when: 'Something would be shared, or withdrawn, for which no consent holds: not given, withdrawn, expired, or not naming the agency, the purpose or the item.' },
  consent_stands: { status: 409, title: '有効な同意があります', detail: '先に同意撤回届を出してください。撤回は共有先への通知や閲覧の停止とともに記録します。', when: 'A refusal is recorded while a consent holds; a withdrawal is its own record.' },
  city_alone: { status: 403, title: '支援会議を開けるのは市だけです', detail: '支援会議の招集と運営は、市の課が行います（社会福祉法106条の6第1項）。市の会議事務局に相談してください。', when: 'Somebody who is not of the city itself would convene a 支援会議 or choose its members.' },
  legal_basis_missing: { status: 409, title: '支援会議の根拠が記録されていません', detail: '先に、社会福祉法106条の6の対象であることと、同意が得られていない理由を記録してください。', when: 'A 支援会議 would be convened without its legal basis, or without why consent is missing.' },
  pledge_missing: { status: 403, title: '守秘義務の誓約がそろっていません', detail: 'この回の支援会議の構成員全員が誓約するまで、資料は誰にも開きません。開催通知から終了後の期間だけ見られます。', when: 'A 支援会議 is asked for by a member while somebody at the table (`unpledged`: how many) has not pledged for this sitting, or outside its window.' },
  sitting_state: { status: 409, title: '会議がこの段階にありません', detail: '会議の状態を確かめて、もう一度お試しください。', when: 'The sitting does not stand where this is possible (not convened, not invited, not held, closed).' },
  decision_by_task: { status: 409, title: '受け箱の仕事で報告してください', detail: 'この決定事項は、担当の受け箱に仕事として入っています。そこで実施の結果を報告してください。', when: 'A decision of a meeting that is a task of its doer would be closed beside it.' },
  already_merged: { status: 409, title: 'すでに統合されています', detail: 'この人は、ほかの登録と同じ人としてすでに統合されています。統合先の人で操作するか、先に統合を取り消してください。', when: 'A merge of somebody who counts as another person already.' },
  merge_undone: { status: 409, title: 'この統合は取り消されています', detail: 'すでに取り消されています。読み直してください。', when: 'Undoing a merge that was undone before.' },
  step_failed: { status: 409, title: 'この操作を進められませんでした', detail: '図の定義に問題があり、手続きを進められませんでした。何も変わっていません。業務担当に知らせてください。', when: 'The step failed in the diagram (no flow is true, an expression fails, a loop without end); an incident tells where.' },
  not_city_decision: { status: 403, title: '市だけが決められます', detail: 'この決定は、市の課の課長か部長だけができます。', when: 'A 対象決定, 支援決定, extension or closure or what follows a withdrawal of consent or a doubt about who gave it, or a message that ends the watch of a 支援会議, by somebody who is not chair or director in a section of the city (domain.md §6.3, §3.5).' },
  own_plan: { status: 403, title: '自分のプランは決められません', detail: 'このプランを作った人、直した人、担当コーディネーターは、支援決定ができません。ほかの課長・部長に頼んでください。', when: 'The decision about a plan by somebody who wrote a version or revision of it, or who coordinates the case (domain.md §6.3).' },
  plan_decided: { status: 409, title: '決定済みのプランは変えられません', detail: '決定したプランはそのまま残ります。直すときは再プランで次の版を作ってください。', when: 'A change of a plan that is decided, superseded or ended.' },
  plan_missing: { status: 409, title: 'プランがありません', detail: 'このケースには、この手続きに必要なプラン（または決定されたプラン）がありません。', when: 'The step needs a plan, or a decided one, and the case has none.' },
  plan_not_signed: { status: 409, title: '本人の署名がありません', detail: 'プランを本人に説明し、署名を得るか、署名がない理由を記録してから決定してください。', when: 'The decision about a plan that was not explained since it was last changed, or has neither signature nor recorded reason.' },
  plan_consent_missing: { status: 409, title: '有効な同意がありません', detail: '役割を担う機関のうち、本人の同意が及ばないものがあります。同意を確かめるか、役割分担を直してください。', when: 'A plan is decided, or agencies are asked, and the consent that holds does not cover one of them; `errors` points at each.' },
  lead_missing: { status: 409, title: '主担当がいなくなります', detail: 'プランがある間は、必ず主担当機関が要ります。後任を決めてください。', when: 'The lead agency leaves a case that has a plan in force, and nobody follows it.' },
  closure_unaccompanied: { status: 409, title: '終結後の主担当が決まっていません', detail: '終結後に誰が伴走するか（機関）を決めてください。転出・死亡のときは引継書が要ります。', when: 'A case that had a plan is closed without naming an active agency that accompanies afterwards, or, for the reasons that say so, without a handover.' },
  plan_not_extendable: { status: 409, title: '延長できません', detail: 'プランの延長は1回だけ、3か月までです。', when: 'A second extension of a plan, or one of more than three months.' },
  issue_identifies: { status: 422, title: '個人が分かる言葉が入っています', detail: '氏名、ふりがな、電話、住所、ケース番号など、本人や世帯が分かる言葉を除いてください。', when: 'The text of a 地域課題 holds the name, kana, telephone, address or number of its case; `errors` points at the field.' },
  issue_own_review: { status: 403, title: '自分が書いた地域課題は確認できません', detail: '匿名になっているかは、書いた人とは別の人が確かめます。', when: 'Somebody looks their own 地域課題 through.' },
  unavailable: { status: 503, title: 'いま利用できません', detail: '一時的に利用できません。少し待ってから、もう一度お試しください。送った内容は登録されていません。', when: 'The database is away; Retry-After says when to come back.' },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof kinds;
export const problemKinds: Readonly<Record<ProblemCode, ProblemKind>> = kinds;

/** A place in what was sent (RFC 6901 pointer) and what is wrong with it. */
export interface PointedError {
  pointer: string;
  detail: string;
}

/** A refusal. `extra` members are sent beside the standard ones (e.g. `by`, `at`). */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: PointedError[];
  readonly extra: Record<string, unknown>;

  constructor(code: ProblemCode, options: { detail?: string; errors?: PointedError[]; extra?: Record<string, unknown>; cause?: unknown } = {}) {
    super(options.detail ?? kinds[code].detail, { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.errors = options.errors ?? [];
    this.extra = options.extra ?? {};
  }

  get status(): number {
    return kinds[this.code].status;
  }
}

/** A dependency (database, queue, mail) is away. */
export class Outage extends Error {
  readonly retryAfterS: number;

  constructor(what: string, options: { retryAfterS?: number; cause?: unknown } = {}) {
    super(`${what} is unavailable`, { cause: options.cause });
    this.name = 'Outage';
    this.retryAfterS = options.retryAfterS ?? 5;
  }
}
