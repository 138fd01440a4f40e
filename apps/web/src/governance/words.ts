/** What a proposal has more of than was decided. */
export const CRITERIA = { increasesScope: 'Does more', reducesApprovals: 'Asks people less', addsAccess: 'Touches more', weakensSafety: 'Is less safe' } as const;
export const REVIEWER = { genesis: 'Genesis', systems_architect: 'Systems architect', vision_guardian: 'Vision guardian' } as const;
export const STANDING = { missing: 'has not looked yet', recommended: 'recommends it', rejected: 'recommends against it', waived: 'waived by the governor' } as const;
