/** The sign of Nodius: two nodes and what joins them. */
export function Logo({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="logo">
      <rect width="32" height="32" rx="9" fill="var(--accent)" />
      <path d="M10.5 21.5c6 0 5-11 11-11" fill="none" stroke="var(--on-accent)" strokeWidth="2.4" />
      <circle cx="9.5" cy="21.5" r="3.6" fill="var(--on-accent)" />
      <circle cx="22.5" cy="10.5" r="3.6" fill="var(--on-accent)" />
    </svg>
  );
}
