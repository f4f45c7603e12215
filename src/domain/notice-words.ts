// What a notice says to the person who gets it. Rules are codes, in rows and diagrams; these are their sentences.

/** Of `notify_groups` in a diagram (processes/HANDLERS.md). A city's own rule without a sentence here is an お知らせ. */
const sentences: Readonly<Record<string, string>> = {
  possible_duplicate: '新しく登録された人が、ほかの機関に登録されている可能性があります',
  emergency_raised: '緊急の申出がありました',
  screening_late: 'スクリーニングが期限を過ぎています',
  acknowledge_late: 'つなぎの受付確認が期限を過ぎています',
  consent_late: '本人同意の確認が期限を過ぎています',
  main_line_joined: 'すでに進んでいる多機関協働に、また申出がありました。ケースの記録を確かめてください',
  decision_shared: '支援決定が共有されました',
  decision_assigned: '会議の決定事項を担当することになりました',
  decision_returned: '決定事項を次の会議に諮ることになりました',
  ended_with_case: 'ケースが終結し、受け持っていた仕事は閉じられました',
  community_issue: '地域課題が上げられました',
  other_law_took_over: 'ほかの法律の枠組み（要対協・虐待対応など）に引き継がれ、見守りと働きかけは終わりました',
  watch_over: 'ケースが終わったため、見守りと働きかけは終わりました',
  household_left: '転出・死亡等により、見守りと働きかけは終わりました',
  meeting_late: '会議の開催が遅れています',
  meeting_cover_lost: '本人の同意がなくなったため、招集していた会議は開きません。受け取った資料を使わず、会議事務局の連絡を待ってください',
  confidential_meeting_asked: '支援会議の開催の求めが、進んでいる支援会議の経路に届きました',
  not_applicable: '支援会議の対象にならないと判断されました',
  emergency_again: '進行中の緊急対応に、また緊急の申出がありました',
  abuse_notified: '虐待の疑いが主管の窓口に伝えられました',
  hold_over: '保留の期日になりました',
  outreach_review: 'アウトリーチの進め方を見直す時期です',
  outreach_closing: 'アウトリーチの終結が提案されました',
  consent_narrowed: '同意の範囲が変わり、共有を受けられなくなりました',
  consent_withdrawn: '同意が撤回されました。これまでに受け取った情報を新たに使わないでください',
  consent_expired: '同意の期間が終わりました',
  consent_expiring: '同意の期間がまもなく終わります',
  consent_ask_again: '検討中の同意を、もう一度尋ねる日です',
  consent_incapable: '同意のあるケースで、本人の判断が難しくなりました。同意の扱いを決めてください',
  capacity_undecided: '判断が難しくなった方の同意の扱いが、まだ決まっていません',
  disclosure_answer_near: '開示請求の回答期限が近づいています',
  resource_stale: '社会資源の情報を確かめる時期です',
  follow_up_due: '緊急対応のあと、次に確かめると決めた日です',
  follow_up_passed: '緊急対応のあとの確認の日を過ぎましたが、記録がありません',
  return_due: '同意撤回のあと、共有先が資料を返す期限の日です',
  return_passed: '資料の返却の期限を過ぎましたが、記録がありません',
  incident_noticed: '漏えい等の事故が報告されました。速報と確報の期限を確かめてください',
  incident_preliminary_near: '漏えい等の速報の期限が近づいています',
  incident_preliminary_due: '漏えい等の速報の期限を過ぎました',
  incident_final_near: '漏えい等の確報の期限が近づいています',
  incident_final_due: '漏えい等の確報の期限を過ぎました',
  change_refused: '承認された業務手順の改定が、施行日に登録できませんでした。改定の内容を確かめてください',
  disclosure_answer_due: '開示請求の回答期限になりました',
};

const unit: Readonly<Record<string, string>> = { BD: '営業日', h: '時間', d: '日' };

/** `2BD` → `2営業日`; an ISO duration stays what it is. */
function spanText(span: string): string {
  const own = /^(\d+)(BD|h|d)$/.exec(span);
  return own ? `${own[1]}${unit[own[2]!]}` : span;
}

/** The sentence of a notice's rule: `due-1BD`, `escalate:3BD>manager`, `decision_shared`. */
export function noticeText(rule: string): string {
  const reminder = /^due-(.+)$/.exec(rule);
  if (reminder) return `期限まであと${spanText(reminder[1]!)}です`;
  const rung = /^escalate:(.+)>/.exec(rule);
  if (rung) return `期限を${spanText(rung[1]!)}過ぎました`;
  return sentences[rule] ?? 'お知らせがあります';
}
