import { hkdfSync } from 'node:crypto';
import { readContextKey } from '@countersign/database';
import { LOGGER, ServiceConfig, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { calculateJwkThumbprint, EmbeddedJWK, errors, jwtVerify, type JWK } from 'jose';
import { GatewayConfig } from '../../config.js';
import { isFreshNonce, newestNonce } from '../../domain/dpop-nonce.js';
import { faultOfProof, PROOF_ALGORITHMS, proofMark, type ProofContent } from '../../domain/dpop-proof.js';
import { SeenProofs } from '../postgres/seen-proofs.js';

/** The proof is none for this request; `error` as RFC 9449 names it. */
export class ProofRefused extends Error {
  constructor(
    readonly error: 'invalid_dpop_proof' | 'use_dpop_nonce',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface ProofAsked {
  readonly proof: string | undefined;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** The token that the proof goes with; absent where one is asked for. */
  readonly token?: string;
  /** The key that the token is bound to; absent: any. */
  readonly thumbprint?: string;
  /** Whether it must repeat a nonce of ours. */
  readonly nonceNeeded: boolean;
}

export interface TakenProof {
  readonly thumbprint: string;
  /** For the next proof, where this one's will soon be too old. */
  readonly nextNonce: string | undefined;
}

/** Checks proofs of possession (RFC 9449): what was signed, with which key, for which request, and that it is used once. */
@Injectable()
export class DpopProofs {
  private readonly nonceSecret: Buffer;

  constructor(
    private readonly seen: SeenProofs,
    private readonly config: GatewayConfig,
    { contextKeyFile }: ServiceConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.nonceSecret = Buffer.from(hkdfSync('sha256', readContextKey(contextKeyFile).key, '', 'countersign dpop nonce', 32));
  }

  /** What the next proof should repeat. */
  nonce(): string {
    return newestNonce(this.nonceSecret, Date.now());
  }

  /** Resolves once the proof is taken, and will be by nobody again. Rejects with `ProofRefused`; a proof that only lacks a nonce is not used up. */
  async take({ proof, method, path, token, thumbprint: wanted, nonceNeeded }: ProofAsked): Promise<TakenProof> {
    if (proof === undefined) throw new ProofRefused('invalid_dpop_proof', 'the token is bound to a key: send a proof in the header DPoP');
    const content = await this.verified(proof);
    const fault = faultOfProof(content, { method, url: this.addressOf(path), nowSeconds: Date.now() / 1000, token });
    if (fault !== undefined) throw new ProofRefused('invalid_dpop_proof', fault);
    const thumbprint = await calculateJwkThumbprint(content.jwk as JWK);
    if (wanted !== undefined && thumbprint !== wanted) throw new ProofRefused('invalid_dpop_proof', 'the token is bound to another key');
    const nextNonce = this.judgeNonce(content.claims['nonce'], nonceNeeded);
    if (!(await this.seen.isFirst(proofMark(thumbprint, content.claims['jti'] as string)))) throw new ProofRefused('invalid_dpop_proof', 'the proof was used before');
    return { thumbprint, nextNonce };
  }

  /** A path that begins with two slashes, or a whole address, names no other host. */
  private addressOf(path: string): URL {
    return Object.assign(new URL(this.config.publicUrl), { pathname: path.split('?', 1)[0] });
  }

  private judgeNonce(nonce: unknown, needed: boolean): string | undefined {
    const newest = this.nonce();
    if (nonce === undefined && !needed) return newest;
    if (typeof nonce !== 'string' || !isFreshNonce(this.nonceSecret, nonce, Date.now())) throw new ProofRefused('use_dpop_nonce', 'repeat the nonce of the header DPoP-Nonce in a new proof');
    return nonce === newest ? undefined : newest;
  }

  private async verified(proof: string): Promise<ProofContent> {
    try {
      const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { algorithms: PROOF_ALGORITHMS, typ: 'dpop+jwt' });
      return { jwk: protectedHeader.jwk as ProofContent['jwk'], claims: payload };
    } catch (cause) {
      // beside its own, whatever the runtime says to a key that is none
      if (!(cause instanceof errors.JOSEError || cause instanceof TypeError || cause instanceof DOMException)) throw cause;
      this.log.debug({ err: cause }, 'proof of possession refused');
      throw new ProofRefused('invalid_dpop_proof', 'the proof is no JWT of type dpop+jwt that its own public key has signed', { cause });
    }
  }
}
