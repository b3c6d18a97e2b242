'use strict';

import { EventEmitter } from 'events';

export const DEFAULT_LIMIT = 10;

/**
 * Adds two numbers.
 */
export function add(a, b) {
  return a + b;
}

// Doubles its argument.
const twice = (x) => x * 2;

export const thrice = async function (x) {
  return x * 3;
};

export default class Store extends EventEmitter {
  #items = [];

  constructor(items) {
    super();
    this.#items = items;
  }

  // How many items there are.
  get size() {
    return this.#items.length;
  }

  static of(...items) {
    return new Store(items);
  }

  handle = (event) => {
    this.emit(event);
  };
}

function* numbers() {
  yield 1;
}

module.exports.connect = function (url) {
  return url;
};

Store.prototype.clear = function clear() {
  this.items = [];
};

const api = {
  list() {
    return [];
  },
  fetch: async (id) => id,
};

describe('store', () => {
  function helper() {
    return 1;
  }
});
