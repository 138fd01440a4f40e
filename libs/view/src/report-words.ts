import type { RecordedKind, Role } from '@countersign/contracts';

interface Report {
  readonly kind: RecordedKind;
  readonly label: string;
  /** What follows from it. */
  readonly lead: string;
  readonly roles: readonly Role[];
  /** It may be about one member. */
  readonly ofMember: boolean;
}
/** What a person may record of a team that no row shows, by role: the gate's own table again (`RECORDERS`). */
const REPORTS: Readonly<Record<RecordedKind, Omit<Report, 'kind'>>> = {
  ethics_violation: { label: 'Something that is not right', lead: 'The team stops, or the member that it is about, until that is cleared up.', roles: ['vision_guardian'], ofMember: true },
  composition_change: { label: 'The team needs other members', lead: 'Genesis looks at it; nothing changes by itself. In the place of a member that you name it can put a fresh one. A team with more members or fewer is a new version of its bundle, hired when this one has ended.', roles: ['customer_governor', 'platform_governor'], ofMember: true },
  architecture_change: { label: 'Something about how teams are built', lead: 'The platform’s governor looks at it.', roles: ['customer_governor', 'systems_architect', 'platform_governor', 'operator'], ofMember: false },
  app_store_rejection: { label: 'An app store has rejected the app', lead: 'The platform’s governor looks at it.', roles: ['platform_governor', 'operator'], ofMember: false },
};

/** What somebody of these roles may report. */
export const reportsOf = (roles: readonly Role[]): readonly Report[] => (Object.keys(REPORTS) as RecordedKind[]).map((kind) => ({ kind, ...REPORTS[kind] })).filter((report) => report.roles.some((role) => roles.includes(role)));
