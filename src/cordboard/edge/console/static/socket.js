// SIP over a WebSocket (RFC 7118): the connection, opened anew when it is lost, and its transactions (RFC 3261 17).

import { SipMessage, token } from './sip.js';

const NO_ANSWER_MS = 32_000;
const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
const MOST_AT_ONCE = 5;
const STEADY_MS = 10_000;

/**
 * `address()` answers the URL and the subprotocols of the next attempt; `onOpen()`, `onLost({code, reason, wasOpen})`
 * which answers whether to try again ('at once' because what hindered is gone), and `onRequest(message)` hear what
 * happens.
 */
export class SipSocket {
  #address;
  #on;
  #socket = null;
  #asked = new Map();
  #failures = 0;
  #timer = 0;
  #wanted = false;
  #host = `${token(6)}.invalid`;

  constructor(address, { onOpen, onLost, onRequest }) {
    this.#address = address;
    this.#on = { onOpen, onLost, onRequest };
    addEventListener('online', () => this.#retryNow());
  }

  /** Where we are reached: a name that says nothing, as RFC 7118 5.2 has it. */
  get host() {
    return this.#host;
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Keeps a connection from now on. */
  start() {
    this.#wanted = true;
    this.#connect();
  }

  /** Lets it go. */
  stop() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
  }

  /** Sends a request; `onAnswer` gets each answer, 408 and 503 when none comes. */
  ask(request, onAnswer) {
    const branch = `z9hG4bK${token()}`;
    request.headers.unshift(['Via', `SIP/2.0/WS ${this.#host};branch=${branch};rport`]);
    this.#begin(request, onAnswer);
  }

  /** Takes an INVITE back that has no final answer (9.1). */
  cancel(invite) {
    const headers = ['Via', 'From', 'To', 'Call-ID', 'Route'].flatMap((name) =>
      invite.all(name).map((value) => [name, value]));
    const cancel = SipMessage.request('CANCEL', invite.uri, [
      ...headers, ['Max-Forwards', '70'], ['CSeq', `${invite.sequence.number} CANCEL`],
    ]);
    this.#begin(cancel, () => {});
  }

  /** Sends an answer, or an ACK for a 2xx, which nothing answers. False when there is no connection. */
  send(message) {
    if (!this.isOpen) return false;
    this.#socket.send(String(message));
    return true;
  }

  /** An ACK is a transaction of its own when it is for a 2xx (13.2.2.4). */
  acknowledge(ack) {
    ack.headers.unshift(['Via', `SIP/2.0/WS ${this.#host};branch=z9hG4bK${token()};rport`]);
    this.send(ack);
  }

  #begin(request, onAnswer) {
    const key = keyOf(request.branch, request.method);
    const timer = setTimeout(() => this.#answer(request.reply(408, 'No answer')), NO_ANSWER_MS);
    this.#asked.set(key, { request, onAnswer, timer });
    if (!this.send(request)) queueMicrotask(() => this.#answer(request.reply(503, 'Not connected')));
  }

  #answer(response) {
    const key = keyOf(response.branch, response.sequence.method);
    const asked = this.#asked.get(key);
    if (!asked) return;
    const isInvite = asked.request.method === 'INVITE';
    if (isInvite || response.status >= 200) clearTimeout(asked.timer);
    if (response.status >= 200) {
      if (isInvite && response.status < 300) this.#keepForRepeats(key, asked);
      else this.#asked.delete(key);
      if (isInvite && response.status >= 300) this.#acknowledgeRefusal(asked.request, response);
    }
    asked.onAnswer(response);
  }

  /** A 2xx comes again until its ACK has arrived. */
  #keepForRepeats(key, asked) {
    asked.isFinal = true;
    asked.timer = setTimeout(() => this.#asked.delete(key), NO_ANSWER_MS);
  }

  #acknowledgeRefusal(invite, response) {
    const headers = ['From', 'Call-ID', 'Route'].flatMap((name) => invite.all(name).map((value) => [name, value]));
    this.send(SipMessage.request('ACK', invite.uri, [
      ['Via', invite.get('Via')],
      ...headers,
      ['To', response.get('To')],
      ['Max-Forwards', '70'],
      ['CSeq', `${invite.sequence.number} ACK`],
    ]));
  }

  async #connect() {
    clearTimeout(this.#timer);
    const given = await this.#address();
    if (!given || !this.#wanted) return;
    const socket = new WebSocket(given.url, given.protocols);
    let openedAt = 0;
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      openedAt = performance.now();
      this.#on.onOpen();
    };
    socket.onmessage = ({ data }) => this.#take(typeof data === 'string' ? data : new TextDecoder().decode(data));
    socket.onclose = ({ code, reason }) => this.#lose(code, reason, openedAt);
  }

  #take(text) {
    const message = SipMessage.parse(text);
    if (message?.method) this.#on.onRequest(message);
    else if (message) this.#answer(message);
  }

  async #lose(code, reason, openedAt) {
    this.#socket = null;
    this.#failures = openedAt && performance.now() - openedAt > STEADY_MS ? 0 : this.#failures + 1;
    for (const { request, isFinal } of [...this.#asked.values()]) {
      if (!isFinal) this.#answer(request.reply(503, 'Connection lost'));
    }
    const again = await this.#on.onLost({ code, reason, wasOpen: openedAt > 0 });
    if (!again) this.#wanted = false;
    const isAtOnce = again === 'at once' && this.#failures < MOST_AT_ONCE;
    if (this.#wanted) this.#timer = setTimeout(() => this.#connect(), isAtOnce ? 0 : this.#pause());
  }

  /** Longer each time, and never the same for all. */
  #pause() {
    const longest = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** Math.min(this.#failures, 10));
    return longest * (0.5 + Math.random() / 2);
  }

  #retryNow() {
    if (!this.#wanted || this.#socket) return;
    this.#failures = 0;
    this.#connect();
  }
}

function keyOf(branch, method) {
  return `${branch} ${method}`;
}
