import type { ApproverKeyView, Device, TestRing } from '@countersign/contracts';
import { Button } from '@mantine/core';
import { IconBrowser, IconDeviceMobile, IconTerminal2, type Icon } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { introduceBrowser } from '../api/decide.js';
import { postJson, remove } from '../api/http.js';
import { devicesQuery, keys, signingKeysQuery } from '../api/queries.js';
import { Panel } from '../parts/panel.js';
import { Bones, Loaded, sentence } from '../parts/states.js';
import { Ago, useNow } from '../parts/time.js';
import { useMe } from '../shell/session.js';
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
    </Panel>
  );
}

function useRefresh() {
  const client = useQueryClient();
  return () => Promise.all([keys.devices, keys.me].map((queryKey) => client.invalidateQueries({ queryKey })));
}

function DeviceRow({ device, here }: { device: Device; here: boolean }) {
  const [sure, setSure] = useState(false);
  const now = useNow();
  const signing = useQuery(signingKeysQuery).data ?? [];
  const waits = ({ effectiveFrom }: ApproverKeyView): boolean => effectiveFrom !== null && Date.parse(effectiveFrom) > now.getTime();
  const passkeys = signing.filter((key) => key.kind === 'passkey' && key.effectiveFrom !== null && !waits(key)).map(({ credentialId }) => credentialId);
  const refresh = useRefresh();
  const drop = useMutation({ mutationFn: () => remove(`/v1/devices/${device.id}`), onSettled: refresh });
  const ring = useMutation({ mutationFn: () => postJson<TestRing>(`/v1/devices/${device.id}/test`, {}, { key: crypto.randomUUID() }), onSettled: refresh });
  const { icon: Kind, word } = KINDS[device.platform];
  return (
    <div className={styles.device}>
      <Kind size={24} stroke={1.6} aria-hidden="true" />
      <div className={styles.words}>
        <strong>
          {device.name}
          {here && <span className={styles.here}>this session</span>}
        </strong>
        <span className="soft small">
          {word} · {device.lastSuccessAt === null ? <>added <Ago at={device.createdAt} /></> : <>last rung <Ago at={device.lastSuccessAt} /></>}
        </span>
        {signing.filter((key) => key.deviceId === device.id && waits(key)).map((key) => (
          <WaitingKey key={key.id} waiting={key} name={device.name} passkeys={passkeys} />
        ))}
        {device.lastFailure !== null && device.lastFailureAt !== null && (
          <span className={styles.error}>
            Not reached <Ago at={device.lastFailureAt} /> ({device.lastFailure})
          </span>
        )}
        <span className="small soft" role="status">
          {ring.data && (ring.data.sent ? 'The push service took the test.' : `The test was refused (${ring.data.code ?? 'no reason'}).`)}
          {ring.error && `No test was sent. ${sentence(ring.error)}`}
        </span>
        {drop.error && (
          <span className={styles.error} role="alert">
            Not removed. {sentence(drop.error)}
          </span>
        )}
      </div>
      <div className={styles.actions}>
        {device.rings && (
          <Button variant="subtle" loading={ring.isPending} onClick={() => ring.mutate()} aria-label={`Send a test to ${device.name}`}>
            Test
          </Button>
        )}
        <Button variant="subtle" color={sure ? 'red' : 'gray'} loading={drop.isPending} onClick={() => (sure ? drop.mutate() : setSure(true))} onBlur={() => setSure(false)} aria-label={sure ? `Really remove ${device.name}` : `Remove ${device.name}`}>
          {sure ? 'Really?' : 'Remove'}
        </Button>
      </div>
    </div>
  );
}
