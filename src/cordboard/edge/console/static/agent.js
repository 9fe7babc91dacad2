// The phone's SIP side: registered while it is connected (RFC 3261 10, RFC 5626), and what comes given to its call.

import { Call, incomingCall } from './call.js';
import { SipMessage, token } from './sip.js';
import { SipSocket } from './socket.js';

const ALLOWED = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY';
const USER_AGENT = 'Cordboard web phone';
const EXPIRES = 600;
const RETRY_MS = 5000;
const MOST_CALLS = 4;
const BUSY = 486;

/**
 * `session` has `clientId`, `token` and tells the way to the server; `on`: `registered(isRegistered, why)`,
 * `lost(event)` (see SipSocket), `call(call)` for each change of a call.
 */
export class Agent {
  calls = [];
  allowed = ALLOWED;
  #session;
  #on;
  #callId = token(12);
  #sequence = 0;
  #timer = 0;

  constructor(session, address, on) {
    this.#session = session;
    this.#on = on;
    this.socket = new SipSocket(address, {
      onOpen: () => this.register(),
      onLost: (event) => this.#lost(event),
      onRequest: (request) => this.#take(request),
    });
  }

  /** Our address of record. */
  get address() {
    return `sip:${this.#session.clientId}@${location.hostname}`;
  }

  /** Where this browser is reached. */
  get contact() {
    return `<sip:${this.#session.clientId}@${this.socket.host};transport=ws>`;
  }

  start() {
    this.socket.start();
  }

  /** Hangs up, signs off and disconnects. */
  stop() {
    clearTimeout(this.#timer);
    for (const call of [...this.calls]) call.hangUp();
    if (this.socket.isOpen) this.socket.ask(this.#createRegister(0), () => {});
    setTimeout(() => this.socket.stop(), 100);
  }

  /** Calls a number, an extension, a user, or a `sip:` address. */
  call(target) {
    const call = this.#add(new Call(this, 'out', target.trim(), (changed) => this.#changed(changed)));
    call.dial(this.uriOf(target));
    return call;
  }

  /** Says where we are, and by which token. Also renews. */
  register() {
    clearTimeout(this.#timer);
    this.socket.ask(this.#createRegister(EXPIRES), (response) => this.#registered(response));
  }

  /** The SIP address of what somebody typed. */
  uriOf(target) {
    const typed = target.trim();
    if (/^sips?:/i.test(typed)) return typed.replace(/[\s<>"]/g, '');
    const isNumber = /^[+\d\s().*#/-]+$/.test(typed);
    const user = isNumber ? typed.replace(/[^+\d*#]/g, '') : typed;
    return `sip:${encodeURIComponent(user).replaceAll('%2B', '+')}@${location.hostname}`;
  }

  /** The INVITE of a new call. */
  createInvite(uri, tag, sdp) {
    return SipMessage.request('INVITE', uri, [
      ['Max-Forwards', '70'],
      ['From', `<${this.address}>;tag=${tag}`],
      ['To', `<${uri}>`],
      ['Call-ID', token(12)],
      ['CSeq', '1 INVITE'],
      ['Contact', this.contact],
      ['Allow', ALLOWED],
      ['User-Agent', USER_AGENT],
      ['Content-Type', 'application/sdp'],
    ], sdp);
  }

  /** An answer of ours. */
  reply(request, status, tag, headers = [], body = '') {
    const response = request.reply(status, '', status === 100 ? '' : tag);
    headers.forEach(([name, value]) => response.add(name, value));
    response.body = body;
    return response;
  }

  #createRegister(expires) {
    const instance = `+sip.instance="<urn:uuid:${this.#session.instance}>";reg-id=1`;
    return SipMessage.request('REGISTER', `sip:${location.hostname}`, [
      ['Max-Forwards', '70'],
      ['From', `<${this.address}>;tag=${token()}`],
      ['To', `<${this.address}>`],
      ['Call-ID', this.#callId],
      ['CSeq', `${(this.#sequence += 1)} REGISTER`],
      ['Contact', `${this.contact};${instance};expires=${expires}`],
      ['Authorization', `Bearer ${this.#session.token}`],
      ['Allow', ALLOWED],
      ['User-Agent', USER_AGENT],
    ]);
  }

  #registered(response) {
    if (response.status < 200) return;
    const isGood = response.status < 300;
    if (isGood) for (const call of this.calls) call.regain();
    this.#on.registered(isGood, response.reason);
    if (isGood || this.socket.isOpen) {
      this.#timer = setTimeout(() => this.register(), isGood ? this.#renewIn(response) : RETRY_MS);
    }
  }

  /** Milliseconds until the registration is renewed: well before its end. */
  #renewIn(response) {
    const own = response.all('Contact').find((value) => value.includes(this.socket.host)) ?? '';
    const seconds = Number(/;\s*expires=(\d+)/i.exec(own)?.[1] ?? (response.get('Expires') || EXPIRES));
    return Math.max(10, seconds * 0.8) * 1000;
  }

  #lost(event) {
    clearTimeout(this.#timer);
    for (const call of [...this.calls]) call.lose();
    return this.#on.lost(event);
  }

  #take(request) {
    const call = this.calls.find((one) => one.callId === request.get('Call-ID'));
    if (request.method === 'CANCEL') return this.#cancelled(request, call);
    if (call) return call.handle(request);
    if (request.method === 'ACK') return undefined;
    if (request.method === 'INVITE' && !/;\s*tag=/i.test(request.get('To'))) return this.#invited(request);
    const status = request.method === 'OPTIONS' ? 200 : 481;
    return this.socket.send(this.reply(request, status, token(), [['Allow', ALLOWED]]));
  }

  #cancelled(request, call) {
    this.socket.send(this.reply(request, call ? 200 : 481, token()));
    call?.cancelled();
  }

  #invited(invite) {
    if (this.calls.length >= MOST_CALLS) {
      this.socket.send(this.reply(invite, BUSY, token()));
      return;
    }
    this.#add(incomingCall(this, invite, (changed) => this.#changed(changed))).receive(invite);
  }

  #add(call) {
    this.calls.push(call);
    return call;
  }

  #changed(call) {
    if (call.isOver) this.calls = this.calls.filter((one) => one !== call);
    this.#on.call(call);
  }
}
