// Who uses the phone: signed in, kept signed in, and asking the API.

import { token } from './sip.js';

const TOKEN_PATH = '/auth/v3/token';
const STORED = 'phone.session';
const EARLY_S = 300;
const RETRY_MS = 15_000;

/** The API refused: `status` of HTTP, and why in its words. */
export class ApiError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }

  /** Whether the token is not good any more. */
  get isSignedOut() {
    return this.status === 403;
  }
}

/** `onRenewed()` and `onExpired()` are called as the token is replaced, or can be no longer. */
export class Session {
  onRenewed = () => {};
  onExpired = () => {};
  #access;
  #refresh;
  #timer = 0;
  #renewing = null;

  constructor({ accessToken, refreshToken, instance = uuid() }) {
    this.instance = instance;
    this.#keep(accessToken, refreshToken);
  }

  /** Signs in. Throws ApiError. */
  static async signIn(username, password, pincode = '') {
    const grant = { grantType: 'resource_owner_credentials', username, password, ...(pincode && { pincode }) };
    return new Session(await grantOf(grant));
  }

  /** The session of this tab, from before it was loaded again; null when there is none. */
  static restore() {
    const stored = sessionStorage.getItem(STORED);
    try {
      return stored && new Session(JSON.parse(stored));
    } catch {
      return null;
    }
  }

  get token() {
    return this.#access;
  }

  /** The user's id, which is its SIP user. */
  get clientId() {
    return claimsOf(this.#access).sub;
  }

  /** The payload of an API request. A token that has run out is renewed once. Throws ApiError. */
  async ask(method, path, body) {
    try {
      return await this.#send(method, path, body);
    } catch (error) {
      if (!(error instanceof ApiError && error.isSignedOut && (await this.renew()))) throw error;
      return this.#send(method, path, body);
    }
  }

  /** Gets a new token; false when that is not possible any more. */
  renew() {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  /** Forgets it. */
  close() {
    clearTimeout(this.#timer);
    sessionStorage.removeItem(STORED);
  }

  #send(method, path, body) {
    return request(method, path, body, { Authorization: `Bearer ${this.#access}` });
  }

  async #renew() {
    try {
      const given = await grantOf({ grantType: 'refresh_token', refreshToken: this.#refresh });
      this.#keep(given.accessToken, given.refreshToken);
      this.onRenewed();
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.isSignedOut) this.onExpired();
      else this.#timer = setTimeout(() => this.renew(), RETRY_MS);
      return false;
    }
  }

  #keep(accessToken, refreshToken) {
    this.#access = accessToken;
    this.#refresh = refreshToken;
    const { iat, exp } = claimsOf(accessToken);
    const seconds = Math.max(exp - iat - EARLY_S, (exp - iat) / 2);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.renew(), seconds * 1000);
    sessionStorage.setItem(STORED, JSON.stringify({ accessToken, refreshToken, instance: this.instance }));
  }
}

async function grantOf(grant) {
  const [given] = await request('POST', TOKEN_PATH, grant);
  return given;
}

async function request(method, path, body, headers = {}) {
  const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const answer = await fetch(path, { method, headers: { ...headers, ...json }, body: body && JSON.stringify(body) });
  const given = await answer.json().catch(() => ({}));
  if (!answer.ok || given.status === false) {
    const [error = {}] = given.error ?? [];
    throw new ApiError(Number(error.code) || answer.status, error.moreInfo || error.message || answer.statusText);
  }
  return given.payload;
}

/** Names this tab among the user's phones. `crypto.randomUUID` is for pages of https only. */
function uuid() {
  return token(16).replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function claimsOf(jwt) {
  const [, middle] = jwt.split('.');
  return JSON.parse(atob(middle.replaceAll('-', '+').replaceAll('_', '/')));
}
