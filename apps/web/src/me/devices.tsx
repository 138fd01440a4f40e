import type { ApproverKeyView, Device, TestRing } from '@countersign/contracts';
import { addressGivenUp, failureSentence, inSight, keysInEffect } from '@countersign/view';
import { Button } from '@mantine/core';
import { IconBrowser, IconDeviceMobile, IconTerminal2, type Icon } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { introduceBrowser } from '../api/decide.js';
import { postJson, remove } from '../api/http.js';
import { devicesQuery, keys, signingKeysQuery } from '../api/queries.js';
import { Panel } from '../parts/panel.js';
import { Revealed } from '../parts/revealed.js';
import { Bones, Loaded, sentence } from '../parts/states.js';
import { Ago, Clock, useNow } from '../parts/time.js';
import { useMe } from '../shell/session.js';
import { subscribedQuery, useDevice } from '../welcome/use-device.js';
import { DeviceName } from './device-name.js';
import { Passkey } from './passkey.js';
import { WaitingKey } from './waiting-key.js';
import styles from './devices.module.css';

const KINDS: Readonly<Record<Device['platform'], { icon: Icon; word: string }>> = {
  fcm: { icon: IconDeviceMobile, word: 'Phone' },
  webpush: { icon: IconBrowser, word: 'Browser' },
  cli: { icon: IconTerminal2, word: 'Terminal' },
};

/** A decision names the device it was made on, so a lost one is removed here. */
export function Devices() {
  const me = useMe();
  const query = useQuery(devicesQuery);
  const refresh = useRefresh();
  const introduce = useMutation({ mutationFn: introduceBrowser, onSettled: refresh });
  return (
    <Panel title="Devices" aside="where you can decide">
      <Loaded query={query} what="devices" skeleton={<Bones widths={[60, 40, 60]} />}>
        {(devices) => (
          <>
            {devices.length === 0 && <p className="soft">No device yet. The first decision you make adds this browser.</p>}
            <ul className={styles.devices}>
              {devices.map((device) => (
                <li key={device.id}>
                  <DeviceRow device={device} here={device.id === me.deviceId} />
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
      {me.deviceId === null && (
        <Button variant="light" fullWidth onClick={() => introduce.mutate()} loading={introduce.isPending} mt="sm">
          Add this browser
        </Button>
      )}
      {introduce.error && (
        <p className={styles.error} role="alert">
          Not added. {sentence(introduce.error)}
        </p>
      )}
      {me.roles.includes('customer_governor') && <Passkey />}
    </Panel>
  );
}

function useRefresh() {
  const client = useQueryClient();
  return () => Promise.all([keys.devices, keys.me].map((queryKey) => client.invalidateQueries({ queryKey })));
}

function DeviceRow({ device, here }: { device: Device; here: boolean }) {
  const [sure, setSure] = useState<'remove' | 'lost'>();
  const [naming, setNaming] = useState(false);
  const now = useNow();
  const signing = useQuery(signingKeysQuery).data ?? [];
  const isAhead = (time: string | null): boolean => time !== null && Date.parse(time) > now.getTime();
  const waits = ({ effectiveFrom }: ApproverKeyView): boolean => isAhead(effectiveFrom);
  const refresh = useRefresh();
  const lose = useMutation({ mutationFn: () => postJson<void>(`/v1/devices/${device.id}/lost`, {}, { key: crypto.randomUUID() }), onSettled: refresh });
  const drop = useMutation({ mutationFn: () => remove(`/v1/devices/${device.id}`), onSettled: refresh });
  const ring = useMutation({ mutationFn: () => postJson<TestRing>(`/v1/devices/${device.id}/test`, {}, { key: crypto.randomUUID() }), onSettled: refresh });
  const { icon: Kind, word } = KINDS[device.platform];
  return (
    <div className={styles.device}>
      <Kind size={24} stroke={1.6} aria-hidden="true" />
      <div className={styles.words}>
        {naming ? (
          <DeviceName
            device={device}
            onDone={() => {
              setNaming(false);
              void refresh();
            }}
          />
        ) : (
          <strong>
            <Revealed text={device.name} />
            {here && <span className={styles.here}>this session</span>}
          </strong>
        )}
        <span className="soft small">
          {word} · {device.lastSuccessAt === null ? <>added <Ago at={device.createdAt} /></> : <>last notified <Ago at={device.lastSuccessAt} /></>}
        </span>
        {signing.some((key) => key.deviceId === device.id && key.effectiveFrom === null) && (
          <span className="small soft">New: it approves nothing yet, whoever vouches for it. The service that carries out approvals writes you a letter first, and waits until the mail server has taken it.</span>
        )}
        {signing.filter((key) => key.deviceId === device.id && (waits(key) || (!key.backupEligible && isAhead(key.highestFrom)))).map((key) => (
          <WaitingKey key={key.id} waiting={key} name={device.name} inEffect={keysInEffect(signing, now)} />
        ))}
        {here ? <StoppedHere device={device} /> : <Stopped device={device} />}
        <span className="small soft" role="status">
          {ring.data && (ring.data.sent ? 'The push service took the test.' : `The test was not sent. ${failureSentence(ring.data.code ?? '')}`)}
          {ring.error && `No test was sent. ${sentence(ring.error)}`}
        </span>
        {(drop.error ?? lose.error) && (
          <span className={styles.error} role="alert">
            Not done. {sentence((drop.error ?? lose.error)!)}
          </span>
        )}
      </div>
      <div className={styles.actions}>
        {!naming && (
          <Button variant="subtle" color="gray" onClick={() => setNaming(true)} aria-label={`Rename ${inSight(device.name)}`}>
            Rename
          </Button>
        )}
        {device.rings && (
          <Button variant="subtle" loading={ring.isPending} onClick={() => ring.mutate()} aria-label={`Send a test to ${inSight(device.name)}`}>
            Test
          </Button>
        )}
        {!here && (
          <Sure what="Lost" name={device.name} hint={`${device.name} is lost: its keys end, and whoever is signed in on it is signed out`} sure={sure === 'lost'} busy={lose.isPending} ask={(on) => setSure(on ? 'lost' : undefined)} act={() => lose.mutate()} />
        )}
        <Sure what="Remove" name={device.name} hint={`Remove ${device.name}`} sure={sure === 'remove'} busy={drop.isPending} ask={(on) => setSure(on ? 'remove' : undefined)} act={() => drop.mutate()} />
      </div>
    </div>
  );
}

interface SureProps {
  readonly what: string;
  readonly name: string;
  readonly hint: string;
  readonly sure: boolean;
  readonly busy: boolean;
  readonly ask: (on: boolean) => void;
  readonly act: () => void;
}
/** What cannot be undone is done at the second touch. */
const Sure = ({ what, name, hint, sure, busy, ask, act }: SureProps) => (
  <Button variant="subtle" color={sure ? 'red' : 'gray'} loading={busy} onClick={() => (sure ? act() : ask(true))} onBlur={() => ask(false)} aria-label={inSight(sure ? `Really ${what.toLowerCase()}: ${name}` : hint)}>
    {sure ? 'Really?' : what}
  </Button>
);

/** It was rung and did not hear it; where its address is gone, it hears nothing more. */
function Stopped({ device: { name, rings, lastFailure, lastFailureAt } }: { device: Device }) {
  if (lastFailure === null || lastFailureAt === null) return null;
  return (
    <span className={styles.error}>
      {rings ? (
        <>
          Not reached <Ago at={lastFailureAt} />. {failureSentence(lastFailure)}
        </>
      ) : (
        <>
          <Revealed text={name} /> stopped receiving <Ago at={lastFailureAt} />. Open Countersign there and reconnect it.
        </>
      )}
    </span>
  );
}

/** The same of this browser, which may have lost its address without anybody having rung it. */
function StoppedHere({ device }: { device: Device }) {
  const { facts, turnOn } = useDevice();
  const reconnect = useMutation({ mutationFn: turnOn });
  const looked = useQuery(subscribedQuery).data;
  const gone = device.platform === 'webpush' && facts.rings && facts.notifications === 'granted' && ((device.rings && looked === false) || addressGivenUp(device));
  if (!gone) return <Stopped device={device} />;
  return (
    <span className={styles.error} role="status">
      This device stopped receiving{device.lastFailureAt !== null && !device.rings && <> on <Clock at={device.lastFailureAt} /></>}.{' '}
      <Button size="compact-md" variant="light" color="red" loading={reconnect.isPending} onClick={() => reconnect.mutate()}>
        Reconnect
      </Button>
      {reconnect.error && <> Not done. {sentence(reconnect.error)}</>}
    </span>
  );
}
