import type { TestRing } from '@countersign/contracts';
import { failureSentence, settingsPath, stepAfter, welcomeSteps, type WelcomeStep } from '@countersign/view';
import { Button } from '@mantine/core';
import { IconBell, IconCircleCheck, IconFingerprint, IconHourglassEmpty, IconListCheck } from '@tabler/icons-react';
import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { postJson } from '../api/http.js';
import { keys } from '../api/queries.js';
import { Avatar } from '../parts/avatar.js';
import { Revealed } from '../parts/revealed.js';
import { sentence } from '../parts/states.js';
import { useInstall } from '../shell/install.js';
import { useMe } from '../shell/session.js';
import { useTitle } from '../shell/use-title.js';
import { Diagnostics } from './diagnostics.js';
import { IosSteps } from './ios-steps.js';
import { PasskeyStep } from './passkey-step.js';
import { PrivacyStep, QuietStep } from './wishes.js';
import { useDevice } from './use-device.js';
import { noteWelcomed } from './welcomed.js';
import styles from './welcome.module.css';

const TITLES: Readonly<Record<WelcomeStep, string>> = {
  you: 'This is you',
  how: 'How approvals work',
  install: 'Keep it on this device',
  ring: 'May we notify you?',
  test: 'Did it arrive?',
  passkey: 'Your passkey',
  privacy: 'What a lock screen shows',
  quiet: 'Quiet hours',
};

/** Sets this device up, step by step; each can be passed over, and all are found again on *Me*. */
export function WelcomePage() {
  useTitle('Set up this device');
  const device = useDevice();
  const navigate = useNavigate();
  const [step, setStep] = useState<WelcomeStep>('you');
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), [step]);
  const { personId } = useMe();
  useEffect(() => noteWelcomed(personId), [personId]);
  const steps = welcomeSteps(device.facts);
  const at = Math.max(0, steps.indexOf(step));
  const leave = (): void => void navigate({ to: '/' });
  const next = (): void => {
    const following = stepAfter(step, device.facts);
    if (following === undefined) leave();
    else setStep(following);
  };
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <p className="soft small">
          Step {at + 1} of {steps.length}
        </p>
        <Button variant="subtle" onClick={leave}>
          Skip all
        </Button>
      </header>
      <h1 ref={heading} tabIndex={-1}>
        {TITLES[step]}
      </h1>
      <Step key={step} step={step} next={next} {...device} />
    </div>
  );
}

interface StepProps {
  readonly next: () => void;
}
type DeviceProps = ReturnType<typeof useDevice>;

function Step({ step, ...props }: StepProps & DeviceProps & { step: WelcomeStep }) {
  switch (step) {
    case 'you':
      return <You {...props} />;
    case 'how':
      return <How {...props} />;
    case 'install':
      return <Install {...props} />;
    case 'ring':
      return <Ring {...props} />;
    case 'test':
      return <Test {...props} />;
    case 'passkey':
      return <PasskeyStep {...props} />;
    case 'privacy':
      return <PrivacyStep {...props} />;
    case 'quiet':
      return <QuietStep {...props} />;
  }
}

/** The way on, and beside it what one would do instead. */
const Actions = ({ children }: { children: ReactNode }) => <div className={styles.actions}>{children}</div>;

function You({ next }: StepProps) {
  const me = useMe();
  return (
    <>
      <div className={styles.who}>
        <Avatar name={me.displayName} size={56} />
        <div>
          <strong><Revealed text={me.displayName} /></strong>
          <p className="soft"><Revealed text={me.customer?.name ?? 'Platform'} /></p>
        </div>
      </div>
      <p>You decide what the teams of <Revealed text={me.customer?.name ?? 'your customers'} /> may do outside. What you decide here is recorded with your name and this device.</p>
      <Actions>
        <Button size="lg" onClick={next}>
          Yes, that is me
        </Button>
      </Actions>
    </>
  );
}

const CARDS = [
  { icon: IconFingerprint, title: 'You approve exact bytes', text: 'This device hashes every file before Approve opens, and signs what it hashed.' },
  { icon: IconHourglassEmpty, title: 'Silence is never a yes', text: 'Without your answer a request expires, and nothing leaves the team.' },
  { icon: IconListCheck, title: 'Everything is on a record', text: 'Who asked, who decided, what was done: you can check it yourself.' },
] as const;

function How({ next }: StepProps) {
  const [shown, setShown] = useState(0);
  const { icon: Icon, title, text } = CARDS[shown]!;
  return (
    <>
      <section className={styles.card} aria-live="polite" aria-label={`${shown + 1} of ${CARDS.length}`}>
        <Icon size={40} stroke={1.5} aria-hidden="true" />
        <h2>{title}</h2>
        <p>{text}</p>
        <p className={styles.dots} aria-hidden="true">
          {CARDS.map((card, index) => (
            <span key={card.title} className={index === shown ? styles.on : ''} />
          ))}
        </p>
      </section>
      <Actions>
        <Button size="lg" onClick={() => (shown + 1 < CARDS.length ? setShown(shown + 1) : next())}>
          Next
        </Button>
      </Actions>
    </>
  );
}

function Install({ facts, next }: StepProps & DeviceProps) {
  const install = useInstall();
  return (
    <>
      <p>As an app it opens at once, works without a connection, and can notify you.</p>
      {facts.ios ? <IosSteps /> : install ? null : <p className="soft">Your browser’s menu has “Install app” or “Add to home screen”.</p>}
      <Actions>
        {install && (
          <Button size="lg" onClick={install}>
            Install
          </Button>
        )}
        <Button size="lg" variant={install ? 'default' : 'filled'} onClick={next}>
          {facts.ios ? 'Later' : 'Next'}
        </Button>
      </Actions>
    </>
  );
}

function Ring({ facts, turnOn, next }: StepProps & DeviceProps) {
  const on = useMutation({ mutationFn: turnOn });
  const late = facts.ios && !facts.installed;
  const shut = facts.notifications === 'denied' || facts.notifications === 'unsupported';
  return (
    <>
      <div className={styles.card}>
        <IconBell size={40} stroke={1.5} aria-hidden="true" />
        <p>We only notify you when a team is waiting for you.</p>
      </div>
      {late && <p className="soft">An iPhone shows notifications only from an app that was opened from the home screen: add it there first, then you are asked again.</p>}
      {!late && facts.notifications === 'denied' && (
        <p role="status">
          Notifications are turned off for this app. {settingsPath(navigator.userAgent)} Until then you can be reached by mail: Me, How you are reached.
        </p>
      )}
      {facts.notifications === 'granted' && facts.subscribed && <Done>This device can notify you.</Done>}
      {on.data === 'default' && <p role="status">You gave no answer, so this device shows nothing yet. Turn it on here, or later: Me, Notifications.</p>}
      {on.error && (
        <p className={styles.failed} role="alert">
          It cannot notify you. {sentence(on.error)} You can be reached by mail instead: Me, How you are reached.
        </p>
      )}
      <Actions>
        {!late && !shut && !facts.subscribed && (
          <Button size="lg" loading={on.isPending} onClick={() => on.mutate()}>
            Turn on
          </Button>
        )}
        <Button size="lg" variant={facts.subscribed ? 'filled' : 'default'} onClick={next}>
          {facts.subscribed || shut || late ? 'Next' : 'Not now'}
        </Button>
      </Actions>
    </>
  );
}

const Done = ({ children }: { children: ReactNode }) => (
  <p className={styles.done} role="status">
    <IconCircleCheck size={22} stroke={1.8} aria-hidden="true" />
    {children}
  </p>
);

const WAIT_MS = 30_000;

/** A test is sent when the step opens. What kept it from being sent is said at once; half a minute after it was, it is taken as not arrived. */
function Test({ facts, deviceId, connect, next }: StepProps & DeviceProps) {
  const client = useQueryClient();
  const test = useMutation({
    mutationFn: async () => postJson<TestRing>(`/v1/devices/${deviceId ?? (await connect())}/test`, {}, { key: crypto.randomUUID() }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.devices }), // it may have shown that the address is gone
  });
  const { mutate, data, error, isPending, submittedAt } = test;
  const [missing, setMissing] = useState(0);
  useEffect(mutate, [mutate]);
  useEffect(() => {
    const timer = setTimeout(() => setMissing(submittedAt), WAIT_MS);
    return () => clearTimeout(timer);
  }, [submittedAt]);
  const unsent = !isPending && (error !== null || data?.sent === false);
  const failed = unsent || (missing !== 0 && missing === submittedAt);
  return (
    <>
      <TestSent test={test} />
      {failed && <Diagnostics facts={facts} sent={error === null ? data : undefined} />}
      <Actions>
        <Button size="lg" disabled={isPending} onClick={next}>
          {failed ? 'Go on' : 'Yes, it arrived'}
        </Button>
        <Button size="lg" variant="default" loading={isPending} onClick={() => (failed ? mutate() : setMissing(submittedAt))}>
          {failed ? 'Send another' : 'No'}
        </Button>
      </Actions>
    </>
  );
}

const TestSent = ({ test: { data, error, isPending } }: { test: Pick<UseMutationResult<TestRing>, 'data' | 'error' | 'isPending'> }) => {
  if (isPending) return <p role="status">Sending one …</p>;
  if (error === null && data?.sent !== false) return <p role="status">{data && 'We sent one just now: “Countersign can reach you here”.'}</p>;
  return (
    <p className={styles.failed} role="alert">
      No test was sent. {error === null ? failureSentence(data?.code ?? '') : sentence(error)}
    </p>
  );
};
