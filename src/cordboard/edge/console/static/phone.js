// The page: signs in, shows calls, and does what its buttons and keys say. `window.phone` does the same for programs.

import { Agent } from './agent.js';
import { PhoneError } from './media.js';
import { ApiError, Session } from './session.js';
import { Tones } from './tones.js';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const SOCKET_PATH = '/v4/webphone/ws';
const SIGNED_OUT = 4401;
const FORBIDDEN = 4403;
const NO_VOICE = 1013;
const SHOWN_AFTER_MS = 6000;
const STATES = {
  dialling: 'Calling…',
  ringing: 'Ringing…',
  incoming: 'Incoming call',
  answering: 'Answering…',
  talking: 'Talking',
  ended: 'Ended',
};
const part = (id) => document.getElementById(id);

class Phone {
  #session = null;
  #agent = null;
  #tones = new Tones();
  #cards = new Map();
  #activeId = null;
  #isRegistered = false;
  #isAvailable = false;

  /** Shows the phone, or the form to sign in. */
  start() {
    this.#fillKeypad();
    this.#listen();
    setInterval(() => this.#showTimes(), 500);
    const session = Session.restore();
    if (session) this.#open(session);
    else this.#showSignIn();
  }

  // What programs and buttons do

  async signIn(username, password, pincode = '') {
    this.#open(await Session.signIn(username, password, pincode));
  }

  signOut(problem = '') {
    this.#agent?.stop();
    this.#session?.close();
    this.#agent = null;
    this.#session = null;
    this.#isRegistered = false;
    this.#showSignIn(problem);
  }

  /** What the phone does now, as plain values. */
  get state() {
    return {
      registered: this.#isRegistered,
      available: this.#isAvailable,
      clientId: this.#session?.clientId ?? null,
      problem: part('problem').textContent,
      calls: (this.#agent?.calls ?? []).map(({ id, state, direction, who, held, muted, news }) =>
        ({ id, state, direction, who, held, muted, news })),
    };
  }

  call(target) {
    this.#problem('');
    if (!this.#isRegistered) throw new PhoneError('The phone is not connected.');
    this.#holdOthers(null);
    const call = this.#agent.call(target);
    this.#activeId = call.id;
    this.#showCalls();
    return call.id;
  }

  answer(id) {
    const call = this.#call(id);
    this.#holdOthers(call);
    this.#activeId = call.id;
    return call.answer();
  }

  hangUp(id) {
    this.#call(id).hangUp();
  }

  async hold(id, held = true) {
    const call = this.#call(id);
    if (!held) this.#holdOthers(call);
    await call.hold(held);
    if (!held) this.#activeId = call.id;
    this.#showCalls();
  }

  mute(id, muted = true) {
    this.#call(id).mute(muted);
  }

  press(keys, id = this.#activeId) {
    this.#call(id).press(keys);
  }

  transfer(id, target) {
    return this.#call(id).transfer(this.#agent.uriOf(target));
  }

  /** Connects the other sides of two calls with each other. */
  join(id, otherId) {
    return this.#call(id).transfer('', this.#call(otherId));
  }

  async setAvailable(isAvailable) {
    const status = isAvailable ? 'available' : 'unavailable';
    this.#showStatus(await this.#session.ask('PUT', this.#statusPath, { status }));
  }

  /** The sound that a call brings, and the browser's figures of it. */
  media(id) {
    return this.#call(id).media;
  }

  // The session

  #open(session) {
    this.#problem('');
    this.#session = session;
    session.onRenewed = () => this.#agent?.socket.isOpen && this.#agent.register();
    session.onExpired = () => this.signOut('Your session has ended. Sign in again.');
    this.#agent = new Agent(session, () => this.#address(), {
      registered: (isGood, why) => this.#registered(isGood, why),
      lost: (event) => this.#lost(event),
      call: (call) => this.#changed(call),
    });
    part('sign-in').hidden = true;
    part('phone').hidden = false;
    this.#connection('Connecting…');
    this.#agent.start();
    part('target').focus();
  }

  #address() {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    return this.#session && {
      url: `${scheme}://${location.host}${SOCKET_PATH}`,
      protocols: ['sip', `bearer.${this.#session.token}`],
    };
  }

  #registered(isGood, why) {
    this.#isRegistered = isGood;
    this.#connection(isGood ? 'Connected' : `Not registered: ${why}`);
    if (!isGood) return;
    this.#problem('');
    this.#attempt(async () => {
      this.#showStatus(await this.#session.ask('GET', this.#statusPath));
      this.#showPresets(await this.#session.ask('GET', '/v4/preset/transfer'));
    });
  }

  /** Whether to connect again, once the connection is gone. */
  async #lost({ code, reason, wasOpen }) {
    this.#isRegistered = false;
    if (!this.#session) return false;
    this.#connection(code === NO_VOICE ? 'The phone server is not running; trying again…' : 'Connecting again…');
    const tokenBefore = this.#session.token;
    if (code === SIGNED_OUT) {
      await this.#session.renew();
    } else if (code === FORBIDDEN) {
      this.signOut(`You may not use the phone: ${reason}.`);
    } else if (!wasOpen) {
      await this.#examine();
    }
    if (this.#session === null) return false;
    return this.#session.token === tokenBefore || 'at once';
  }

  /** Browsers do not tell why a socket was refused: the API does. */
  async #examine() {
    try {
      await this.#session.ask('GET', this.#statusPath);
    } catch (error) {
      const isForbidden = error instanceof ApiError && error.status === 401;
      if (isForbidden) this.signOut(`You may not use the phone: ${error.message}.`);
    }
  }

  get #statusPath() {
    return `/ams/v3/users/webrtc/${this.#session.clientId}`;
  }

  // Calls

  #call(id) {
    const call = this.#agent?.calls.find((one) => one.id === id);
    if (!call) throw new PhoneError('That call is over.');
    return call;
  }

  /** Only one call is talked in: the others wait. */
  #holdOthers(call) {
    for (const other of this.#agent.calls) {
      if (other !== call && other.isTalking && !other.held) this.#attempt(() => other.hold(true));
    }
  }

  #changed(call) {
    if (call.isTalking && !this.#agent.calls.some((one) => one.id === this.#activeId)) this.#activeId = call.id;
    if (call.isOver) this.#remove(call);
    this.#showCalls();
  }

  #remove(call) {
    const card = this.#cards.get(call.id);
    if (card) {
      this.#fill(card, call);
      setTimeout(() => card.remove(), SHOWN_AFTER_MS);
    }
    this.#cards.delete(call.id);
    if (this.#activeId === call.id) this.#activeId = this.#agent?.calls.find((one) => one.isTalking)?.id ?? null;
  }

  // The page

  #showSignIn(problem = '') {
    part('phone').hidden = true;
    part('sign-in').hidden = false;
    this.#problem(problem);
    part('username').focus();
  }

  #showCalls() {
    const calls = this.#agent?.calls ?? [];
    for (const call of calls) {
      if (!this.#cards.has(call.id)) this.#cards.set(call.id, this.#createCard(call.id));
      this.#fill(this.#cards.get(call.id), call);
    }
    const ringing = calls.find((call) => call.rings);
    this.#tones.play(ringing ? ringing.state : '');
    document.title = calls.some((call) => call.state === 'incoming') ? '☎ Incoming call' : 'Phone';
  }

  #createCard(id) {
    const card = part('call').content.cloneNode(true).firstElementChild;
    const deeds = {
      answer: () => this.answer(id),
      hangUp: () => this.hangUp(id),
      hold: () => this.hold(id, !this.#call(id).held),
      mute: () => this.mute(id, !this.#call(id).muted),
      join: () => this.join(id, this.#otherOf(id).id),
    };
    for (const [name, deed] of Object.entries(deeds)) {
      card.querySelector(`[data-do=${name}]`).addEventListener('click', () => this.#attempt(deed));
    }
    card.querySelector('.transfer').addEventListener('submit', (event) => {
      event.preventDefault();
      const target = card.querySelector('.transfer input').value.trim();
      if (target) this.#attempt(() => this.transfer(id, target));
    });
    part('calls').append(card);
    card.querySelector('[data-do=answer]').focus();
    return card;
  }

  #fill(card, call) {
    const show = (name, isShown) => {
      card.querySelector(`[data-do=${name}]`).hidden = !isShown;
    };
    const press = (name, isPressed) => card.querySelector(`[data-do=${name}]`).setAttribute('aria-pressed', isPressed);
    card.classList.toggle('active', call.id === this.#activeId);
    card.querySelector('.who').textContent = call.who;
    card.querySelector('.state').textContent = call.held ? 'On hold' : STATES[call.state];
    card.querySelector('.news').textContent = call.news;
    card.querySelector('.transfer').hidden = !call.isTalking;
    card.querySelector('[data-do=hangUp]').textContent = call.state === 'incoming' ? 'Reject' : 'Hang up';
    show('answer', call.state === 'incoming');
    show('hold', call.isTalking);
    show('mute', call.isTalking);
    show('hangUp', !call.isOver);
    show('join', call.isTalking && this.#otherOf(call.id) !== undefined);
    press('hold', call.held);
    press('mute', call.muted);
  }

  #otherOf(id) {
    return this.#agent.calls.find((call) => call.id !== id && call.isTalking);
  }

  #showTimes() {
    for (const call of this.#agent?.calls ?? []) {
      const card = this.#cards.get(call.id);
      if (card && call.startedAt !== null) card.querySelector('.time').textContent = since(call.startedAt);
    }
  }

  #showStatus([user]) {
    this.#isAvailable = user.status === 'available';
    part('availability').setAttribute('aria-pressed', this.#isAvailable);
    part('availability').textContent = this.#isAvailable ? 'Available' : 'Unavailable';
  }

  #showPresets(presets) {
    part('presets').replaceChildren(...presets.map(({ destination, presetType, groupId }) => {
      const label = presetType === 'workgroup' ? `${destination} (${groupId})` : destination;
      return Object.assign(document.createElement('option'), { value: destination, label });
    }));
  }

  #connection(text) {
    part('connection').textContent = text;
  }

  #problem(text) {
    part('problem').textContent = text;
    part('problem').hidden = !text;
  }

  /** Does something and shows what fails, in words. */
  async #attempt(deed) {
    try {
      await deed();
    } catch (error) {
      this.#problem(error instanceof PhoneError || error instanceof ApiError ? error.message : `It failed: ${error}`);
    }
  }

  #fillKeypad() {
    for (const key of KEYS) {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: key });
      button.addEventListener('click', () => this.#key(key));
      part('keypad').append(button);
    }
  }

  #key(key) {
    const call = this.#agent?.calls.find((one) => one.id === this.#activeId);
    if (call?.isTalking) call.press(key);
    else part('target').value += key;
  }

  #listen() {
    part('sign-in').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#signInByForm(new FormData(event.target));
    });
    part('dial').addEventListener('submit', (event) => {
      event.preventDefault();
      const target = part('target').value.trim();
      if (target) this.#attempt(() => this.call(target));
    });
    part('availability').addEventListener('click', () => this.#attempt(() => this.setAvailable(!this.#isAvailable)));
    part('sign-out').addEventListener('click', () => this.signOut());
    addEventListener('keydown', (event) => {
      if (KEYS.includes(event.key) && !event.target.matches('input') && !event.ctrlKey && !event.metaKey) {
        this.#key(event.key);
      }
    });
    addEventListener('beforeunload', (event) => {
      if (this.#agent?.calls.length) event.preventDefault();
    });
    addEventListener('pagehide', () => this.#agent?.stop());
  }

  async #signInByForm(fields) {
    try {
      await this.signIn(fields.get('username'), fields.get('password'), fields.get('pincode'));
      part('sign-in').reset();
      part('pincode-row').hidden = true;
    } catch (error) {
      if (!(error instanceof ApiError)) return this.#problem('The server cannot be reached.');
      const needsPincode = /pincode/i.test(error.message);
      if (needsPincode) part('pincode-row').hidden = false;
      this.#problem(error.message);
      part(needsPincode ? 'pincode' : 'password').focus();
    }
    return undefined;
  }
}

/** Minutes and seconds since a moment of `performance.now()`. */
function since(moment) {
  const seconds = Math.floor((performance.now() - moment) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

window.phone = new Phone();
window.phone.start();
