// SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// A name service for one Node.js process: public names lead to the sandbox, other names nowhere.

'use strict';

const net = require('node:net');

const names = (process.env.SANDBOX_NAMES || '').split(',');
const port = Number(process.env.SANDBOX_PORT);
const loopback = ['localhost', '127.0.0.1', '::1', undefined];
const connect = net.Socket.prototype.connect;

function lead(options) {
  if (names.includes(options.host)) {
    return { ...options, host: '127.0.0.1', port };
  }
  return options;
}

if (port) {
  net.Socket.prototype.connect = function (...args) {
    // net hands over [[options, callback]], tls and callers of net.Socket (options, callback).
    const packed = Array.isArray(args[0]);
    const options = packed ? args[0][0] : args[0];
    if (typeof options !== 'object' || options.path) {
      return connect.apply(this, args); // a pipe or a port, both of this machine
    }
    if (!names.includes(options.host) && !loopback.includes(options.host)) {
      process.nextTick(() => this.destroy(new Error(`${options.host} is not among the names of the sandbox`)));
      return this;
    }
    if (packed) {
      args[0][0] = lead(options);
    } else {
      args[0] = lead(options);
    }
    return connect.apply(this, args);
  };
}
