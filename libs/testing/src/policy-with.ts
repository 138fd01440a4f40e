/** Puts one value of a policy's file otherwise, as the operator's file would: SQL that adds a version. Run again it changes nothing. */
export const policyWith = (kind: 'team-policy' | 'approval-policy', path: readonly string[], value: number): string => `insert into app.policy (kind, id, version, doc, hash, source)
  select p.kind, p.id, p.version + 1, n.doc, sha256(convert_to(n.doc::text, 'UTF8')), 'person'
  from app.policy p cross join lateral (select jsonb_set(p.doc, '{${path.join(',')}}', '${value}') as doc) n
  where p.kind = '${kind}' and n.doc <> p.doc and not exists (select from app.policy x where x.kind = p.kind and x.id = p.id and x.version > p.version)`;

/** Every customer may have a hundred teams at a time, where the shipped policy says one. */
export const MORE_TEAMS = policyWith('team-policy', ['teamsPerCustomer'], 100);
