/** Two ticks: the team's, and yours. */
export const Mark = ({ size = 32 }: { size?: number }) => (
  <svg viewBox="0 0 64 64" width={size} height={size} aria-hidden="true">
    <rect width="64" height="64" rx="15" fill="light-dark(#161a23, #e9ecf2)" />
    <g fill="none" strokeLinecap="round" strokeLinejoin="round" strokeWidth="6">
      <path d="m11 33.500 9.500 9.500 18-21" stroke="light-dark(#8fa9ff, #5b7cf7)" />
      <path d="m31.500 40 3 3 18-21" stroke="light-dark(#fff, #161a23)" />
    </g>
  </svg>
);
