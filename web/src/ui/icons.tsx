import type { ComponentChildren, JSX } from 'preact';

const icon = (children: ComponentChildren): JSX.Element => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    {children}
  </svg>
);

export const RecordIcon = (): JSX.Element => icon(<circle cx="12" cy="12" r="7" />);
export const StopIcon = (): JSX.Element => icon(<rect x="5.5" y="5.5" width="13" height="13" rx="2.5" />);
export const SendIcon = (): JSX.Element =>
  icon(<path class="line" d="M12 19.5V5.5M5.5 12 12 5.5l6.500 6.500" />);
export const PlayIcon = (): JSX.Element =>
  icon(
    <path d="M8 5.2v13.600a.8.8 0 0 0 1.220.680l10.600-6.800a.8.8 0 0 0 0-1.360L9.220 4.520A.8.8 0 0 0 8 5.200z" />,
  );
export const PauseIcon = (): JSX.Element =>
  icon(
    <>
      <rect x="6.500" y="5" width="4" height="14" rx="1.200" />
      <rect x="13.500" y="5" width="4" height="14" rx="1.200" />
    </>,
  );
export const Mark = (): JSX.Element => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="9" />
    <path d="M8 13v6M13.3 9v14M18.7 12v8M24 14.5v3" />
  </svg>
);
