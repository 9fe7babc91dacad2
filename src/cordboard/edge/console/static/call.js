// One call: placed or received, answered, held, transferred, ended (RFC 3261 13 to 15, RFC 3515).

import { CallMedia, PhoneError } from './media.js';
import { Dialog, addressOf, fragmentOf, nameOf, token } from './sip.js';

const SDP = [['Content-Type', 'application/sdp']];
const FIRST_REPEAT_MS = 500;
const LONGEST_REPEAT_MS = 4000;
const LONGEST_WAIT_MS = 32_000;
const MOST_GLARES = 3;
const GRACE_MS = 5000;
const LONGEST_ABSENCE_MS = 30_000;
const BUSY = 486;
const REASONS = {
  402: 'The account has no balance for this call.',
  403: 'This call is not allowed.',
  404: 'Nobody is reached under that number.',
  408: 'Nobody answered.',
  480: 'Nobody answered.',
  484: 'The number is incomplete.',
  486: 'The line is busy.',
  487: 'The call was cancelled.',
  488: 'The other side has no sound in common with this browser.',
  503: 'The call could not be placed just now.',
  600: 'The line is busy.',
  603: 'The call was declined.',
};

/**
 * `state`: dialling, ringing, incoming, answering, talking, ended. `onChange(call)` hears of each change.
 */
export class Call {
  id = token(4);
  state = 'dialling';
  held = false;
  news = '';
  startedAt = null;
  #agent;
  #onChange;
  #media = null;
  #invite = null;
  #tag = token();
  #dialog = null;
  #wasRinging = false;
  #isWithdrawn = false;
  #isBusy = false;
  #isReferred = false;
  #hasOffered = false;
  #acks = new Map();
  #repeat = 0;
  #given = null;
  #lost = 0;

  constructor(agent, direction, who, onChange) {
    this.#agent = agent;
    this.#onChange = onChange;
    this.direction = direction;
    this.who = who;
  }

  /** The Call-ID, once there is one. */
  get callId() {
    return this.#invite?.get('Call-ID') ?? '';
  }

  get isOver() {
    return this.state === 'ended';
  }

  get isTalking() {
    return this.state === 'talking';
  }

  /** Whether it rings here, or there and nothing is heard of it. */
  get rings() {
    return this.state === 'incoming' || (this.state === 'ringing' && !this.#media?.heard);
  }

  get muted() {
    return this.#media?.muted ?? false;
  }

  get media() {
    return this.#media;
  }

  // Placing a call

  /** Calls `uri`. */
  async dial(uri) {
    this.#change();
    try {
      this.#media = await this.#openMedia();
      const sdp = await this.#media.offer();
      if (this.isOver) return this.#media.close();
      this.#invite = this.#agent.createInvite(uri, this.#tag, sdp);
      this.#agent.socket.ask(this.#invite, (response) => this.#answered(response));
    } catch (error) {
      this.#end(wordsOf(error));
    }
    return undefined;
  }

  #answered(response) {
    if (response.status < 200) this.#progress(response);
    else if (response.status < 300) this.#connected(response);
    else this.#end(REASONS[response.status] ?? `${response.reason} (${response.status})`);
  }

  #progress(response) {
    this.#wasRinging = true;
    if (this.#isWithdrawn) return this.#agent.socket.cancel(this.#invite);
    if (response.status > 100 && !this.isOver) {
      if (response.body) this.#media.accept(response.body, { early: true }).catch(() => {});
      this.#change('ringing');
    }
    return undefined;
  }

  async #connected(response) {
    const number = response.sequence.number;
    if (this.#acks.has(number)) return this.#agent.socket.send(this.#acks.get(number));
    this.#dialog = Dialog.ofAnswer(this.#invite, response);
    this.#acknowledge(number);
    if (this.isOver) return this.#say('BYE');  // it was answered while we took it back
    try {
      await this.#media.accept(response.body);
      this.#talk();
    } catch (error) {
      this.#say('BYE');
      this.#end(`The sound cannot be used: ${error.message}`);
    }
    return undefined;
  }

  // Receiving a call

  /** An INVITE came. */
  receive(invite) {
    this.#invite = invite;
    this.state = 'incoming';
    this.#reply(invite, 180, [['Contact', this.#agent.contact]]);
    this.#change();
  }

  /** Picks up. */
  async answer() {
    if (this.state !== 'incoming') return;
    this.#change('answering');
    try {
      this.#media = await this.#openMedia();
      this.#hasOffered = !this.#invite.body;
      const sdp = this.#hasOffered ? await this.#media.offer() : await this.#media.answer(this.#invite.body);
      if (this.isOver) return this.#media.close();
      this.#pickUp(sdp);
    } catch (error) {
      this.#reply(this.#invite, error instanceof PhoneError ? 480 : 488);
      this.#end(wordsOf(error));
    }
    return undefined;
  }

  /** 200, again and again until its ACK comes (13.3.1.4). */
  #pickUp(sdp) {
    this.#dialog = Dialog.ofInvite(this.#invite, this.#tag);
    this.#given = this.#agent.reply(this.#invite, 200, this.#tag, [['Contact', this.#agent.contact], ...SDP], sdp);
    this.#sendAgain(FIRST_REPEAT_MS, performance.now() + LONGEST_WAIT_MS);
    this.#talk();
  }

  #sendAgain(pause, until) {
    this.#agent.socket.send(this.#given);
    this.#repeat = setTimeout(() => {
      if (performance.now() < until) return this.#sendAgain(Math.min(pause * 2, LONGEST_REPEAT_MS), until);
      return this.hangUp('The caller was lost.');
    }, pause);
  }

  /** The caller has given up. */
  cancelled() {
    if (this.state !== 'incoming' && this.state !== 'answering') return;
    this.#reply(this.#invite, 487);
    this.#end('The caller has given up.');
  }

  // While it lasts

  /** A request within the call. */
  handle(request) {
    if (request.method === 'ACK') return this.#acknowledged(request);
    if (!this.#dialog || this.isOver) return this.#reply(request, 481);
    if (!this.#dialog.accepts(request)) return this.#reply(request, 500);
    switch (request.method) {
      case 'BYE':
        this.#reply(request, 200);
        return this.#end(this.#isReferred ? this.news : 'The other side has hung up.');
      case 'INVITE':
      case 'UPDATE':
        return this.#renegotiated(request);
      case 'NOTIFY':
        this.#reply(request, 200);
        return this.#transferring(fragmentOf(request.body));
      case 'INFO':
      case 'OPTIONS':
        return this.#reply(request, 200);
      default:
        return this.#reply(request, 405, [['Allow', this.#agent.allowed]]);
    }
  }

  /** Ends it, whatever state it is in. */
  hangUp(reason = 'Ended.') {
    if (this.isOver) return;
    if (this.state === 'incoming' || this.state === 'answering') this.#reply(this.#invite, BUSY);
    else if (this.#dialog) this.#say('BYE');
    else this.#withdraw();
    this.#end(reason);
  }

  /** The connection is gone. The sound of a call goes its own way: the call stays if we are back in time. */
  lose() {
    if (!this.isTalking) return this.#end('The connection was lost.');
    clearTimeout(this.#lost);
    this.#lost = setTimeout(() => this.#end('The connection was lost.'), LONGEST_ABSENCE_MS);
    return this.#tell('Connecting again…');
  }

  /** We are registered again: is the call still there? */
  async regain() {
    if (!this.#lost || this.isOver) return;
    const response = await this.#ask(this.#dialog.request('OPTIONS'));
    if (response.status === 481) return this.#end('The call was lost.');
    if (response.status >= 300) return undefined;  // the connection is lost once more
    clearTimeout(this.#lost);
    this.#lost = 0;
    return this.#tell('');
  }

  /** Puts it on hold, or takes it back. Throws PhoneError. */
  async hold(held) {
    if (!this.isTalking || held === this.held) return;
    this.#media.held = held;
    try {
      await this.#renegotiate();
      this.held = held;
    } catch (error) {
      this.#media.held = this.held;
      throw error;
    } finally {
      this.#change();
    }
  }

  mute(muted) {
    if (!this.#media) return;
    this.#media.muted = muted;
    this.#change();
  }

  /** Sends keys: in the sound's stream, else by INFO, one each. */
  press(keys) {
    if (!this.#dialog || this.isOver || this.#media.press(keys)) return;
    for (const key of keys) {
      this.#say('INFO', [['Content-Type', 'application/dtmf-relay']], `Signal=${key}\r\nDuration=100\r\n`);
    }
  }

  /** Sends the other side to `uri`; with `other`, to whom that call of ours is with. Throws PhoneError. */
  async transfer(uri, other = null) {
    if (!this.isTalking) throw new PhoneError('Only a call that was answered can be transferred.');
    const target = other ? other.#asReplaced : uri;
    const response = await this.#ask(this.#dialog.request('REFER', [
      ['Refer-To', `<${target}>`], ['Referred-By', `<${this.#agent.address}>`], ['Contact', this.#agent.contact],
    ]));
    if (response.status >= 300) throw new PhoneError(`The transfer was refused: ${response.reason}.`);
    this.#isReferred = true;
    this.#tell('Transferring…');
  }

  // Inside

  /** Whom the call is with, as somebody who takes our place there calls them (RFC 5589 7). */
  get #asReplaced() {
    return `${addressOf(this.#dialog.remote)}?Replaces=${encodeURIComponent(this.#dialog.replaces)}`;
  }

  #openMedia() {
    return CallMedia.open(() => this.hangUp('No sound gets through to the other side.'));
  }

  #withdraw() {
    this.#isWithdrawn = true;
    if (this.#wasRinging) this.#agent.socket.cancel(this.#invite);  // else when the first answer comes (9.1)
  }

  #talk() {
    this.startedAt = performance.now();
    this.#change('talking');
  }

  #acknowledge(number) {
    const ack = this.#dialog.request('ACK', [], '', number);
    this.#acks.set(number, ack);
    this.#agent.socket.acknowledge(ack);
  }

  #acknowledged(ack) {
    clearTimeout(this.#repeat);
    if (this.#hasOffered && ack.body) {
      this.#hasOffered = false;
      this.#media.accept(ack.body).catch((error) => this.hangUp(`The sound cannot be used: ${error.message}`));
    }
  }

  /** Another offer, or a refresh without one. */
  async #renegotiated(request) {
    if (!request.body && request.method === 'UPDATE') return this.#reply(request, 200);
    if (this.#isBusy) return this.#reply(request, 491);
    this.#isBusy = true;
    try {
      this.#hasOffered = !request.body;
      const sdp = this.#hasOffered ? await this.#media.offer() : await this.#media.answer(request.body);
      this.#reply(request, 200, [['Contact', this.#agent.contact], ...SDP], sdp);
    } catch {
      this.#reply(request, 488);
    } finally {
      this.#isBusy = false;
    }
    return undefined;
  }

  /** Offers our media anew; when both sides do so at once, later again (14.1). Throws PhoneError. */
  async #renegotiate(glares = 0) {
    if (this.#isBusy) throw new PhoneError('The call is being changed; try again.');
    this.#isBusy = true;
    try {
      const sdp = await this.#media.offer();
      const headers = [['Contact', this.#agent.contact], ...SDP];
      const response = await this.#ask(this.#dialog.request('INVITE', headers, sdp));
      if (response.status < 300) return await this.#media.accept(response.body);
      await this.#media.withdraw();
      if (response.status !== 491 || glares >= MOST_GLARES) {
        throw new PhoneError(`The other side does not agree: ${response.reason}.`);
      }
    } finally {
      this.#isBusy = false;
    }
    await new Promise((done) => setTimeout(done, 2100 + Math.random() * 1900));
    return this.#renegotiate(glares + 1);
  }

  #transferring(fragment) {
    if (!fragment || !this.#isReferred) return;
    if (fragment.status < 200) {
      this.#tell('Transferring…');
    } else if (fragment.status < 300) {
      this.#tell('Transferred.');
      setTimeout(() => this.hangUp('Transferred.'), GRACE_MS);  // the other end takes us out; if not, we go
    } else {
      this.#isReferred = false;
      this.#tell(`The transfer failed: ${fragment.reason || fragment.status}.`);
    }
  }

  /** The final answer to a request; a 2xx to an INVITE is acknowledged, each time that it comes. */
  #ask(request) {
    return new Promise((done) => {
      this.#agent.socket.ask(request, (response) => {
        if (response.status < 200) return;
        const { number, method } = response.sequence;
        if (method === 'INVITE' && response.status < 300) {
          if (this.#acks.has(number)) this.#agent.socket.send(this.#acks.get(number));
          else this.#acknowledge(number);
        }
        done(response);
      });
    });
  }

  #say(method, headers = [], body = '') {
    this.#agent.socket.ask(this.#dialog.request(method, headers, body), () => {});
  }

  #reply(request, status, headers = [], body = '') {
    this.#agent.socket.send(this.#agent.reply(request, status, this.#tag, headers, body));
  }

  #tell(news) {
    this.news = news;
    this.#change();
  }

  #end(reason) {
    if (this.isOver) return;
    clearTimeout(this.#repeat);
    clearTimeout(this.#lost);
    this.news = reason;
    this.#media?.close();
    this.#change('ended');
  }

  #change(state = this.state) {
    this.state = state;
    this.#onChange(this);
  }
}

/** The call that an INVITE makes. */
export function incomingCall(agent, invite, onChange) {
  return new Call(agent, 'in', nameOf(invite.get('From')), onChange);
}

function wordsOf(error) {
  return error instanceof PhoneError ? error.message : `The call cannot be set up: ${error.message}`;
}
