import { withoutUnseen } from '@countersign/contracts/characters';
import styles from './avatar.module.css';

const initials = (name: string): string =>
  withoutUnseen(name) // some letters are blank
    .split(/[\s-]+/)
    .filter((word) => /^\p{L}/u.test(word))
    .slice(0, 2)
    .map((word) => [...word][0]!.toUpperCase())
    .join('');

/** The same name has the same colour everywhere. */
const hueOf = (name: string): number => [...name].reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0)) % 3600, 7) % 360;

/** A round mark for a person or agent, a rounded square for a team: decoration beside a name that is written out. */
export const Avatar = ({ name, square = false, size = 36 }: { name: string; square?: boolean; size?: number }) => (
  <span className={`${styles.avatar} ${square ? styles.square : ''}`} style={{ '--hue': hueOf(name), width: size, height: size, fontSize: size * 0.38 } as React.CSSProperties} aria-hidden="true">
    {initials(name)}
  </span>
);
