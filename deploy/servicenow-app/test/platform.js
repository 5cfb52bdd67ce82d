'use strict';
/*
 * A small simulation of what the platform offers to scripts: records in memory, a clock that is set by hand, and a
 * receiver whose responses the test sets.  It has only what the app's scripts use; anything else fails.
 */
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const SCRIPTS = path.join(__dirname, '..', 'src', 'scripts');
const OWNED_COLUMNS = JSON.parse(fs.readFileSync(path.join(__dirname, '..', 'tables.json'), 'utf8')).columns;

class Platform {
  constructor(now = '2026-06-25 10:00:00') {
    this.now = Date.parse(now.replace(' ', 'T') + 'Z');
    this.user = 'lind';
    this.tables = {};
    this.properties = {
      instance_name: 'acme',
      'gatepost.tables': 'pm_project,dmn_demand,change_request',
      'gatepost.gated.pm_project': 'state:3,4,7',
      'gatepost.endpoint': 'https://gatepost.example/hooks/servicenow-main',
    };
    this.secret = 'a secret of at least thirty-two letters';
    this.messages = [];
    this.errors = [];
    this.told = [];
    this.infos = [];
    this.requests = [];
    this.respond = () => ({ status: 202, body: '' });
    this.ids = 0;
    this.context = vm.createContext(this.globals());
    for (const name of ['Gate', 'Instance', 'Guard', 'EventBody', 'Events', 'Status', 'Sender', 'Access', 'Installation']) {
      this.run(`Gatepost${name}.js`);
    }
  }

  run(file, given = {}) {
    Object.assign(this.context, given);
    const [name, value] = file.split('@');
    const text = fs.readFileSync(path.join(SCRIPTS, name), 'utf8').replace(/\{(table|column)\}/, value);
    return vm.runInContext(text, this.context, { filename: file });
  }

  rows(table) {
    return (this.tables[table] ||= []);
  }

  add(table, values) {
    const row = { sys_id: this.id(), sys_mod_count: '0', sys_created_on: this.time(), ...values };
    this.rows(table).push(row);
    return row;
  }

  id() {
    this.ids += 1;
    return this.ids.toString(16).padStart(32, '0');
  }

  time(millis = this.now) {
    return new Date(millis).toISOString().slice(0, 19).replace('T', ' ');
  }

  advance(minutes) {
    this.now += minutes * 60000;
  }

  /** A record that is being saved, with the record as it is stored. */
  saving(table, operation, before, changes = {}) {
    const after = { ...before, ...changes };
    const current = new this.context.GlideRecord(table);
    const previous = operation === 'insert' ? null : new this.context.GlideRecord(table);
    current.load(after, operation, Object.keys(changes));
    previous?.load({ ...before }, operation, []);
    return { current, previous };
  }

  save(rule, table, operation, before, changes) {
    const given = this.saving(table, operation, before, changes);
    this.run(rule, given);
    return given.current;
  }

  globals() {
    const platform = this;
    return {
      console,
      gs: {
        getUserID: () => platform.user,
        getProperty: (name, otherwise) => platform.properties[name] || (otherwise === undefined ? null : otherwise),
        setProperty: (name, value) => { platform.properties[name] = value; },
        getMessage: (text) => platform.translations?.[text] || text,
        addErrorMessage: (text) => platform.messages.push(text),
        addInfoMessage: (text) => platform.infos.push(text),
        info: (text) => platform.told.push(text),
        error: (text) => platform.errors.push(text),
        generateGUID: () => platform.id(),
      },
      GlideRecord: recordOf(platform),
      GlideDateTime: class {
        constructor(text) {
          this.millis = text === undefined ? platform.now : Date.parse(String(text).replace(' ', 'T') + 'Z');
        }
        getNumericValue() { return this.millis; }
        setNumericValue(millis) { this.millis = millis; }
        getValue() { return platform.time(this.millis); }
      },
      GlideStringUtil: { base64Encode: (text) => Buffer.from(text, 'utf8').toString('base64') },
      GlideCertificateEncryption: class {
        generateMac(key, algorithm, text) {
          if (!key || algorithm !== 'HmacSHA256') { return null; }
          return crypto.createHmac('sha256', Buffer.from(key, 'base64')).update(text, 'utf8').digest('base64');
        }
      },
      sn_ws: { RESTMessageV2: messageOf(platform) },
    };
  }
}

function messageOf(platform) {
  return class {
    constructor() { this.headers = {}; }
    setHttpMethod(method) { this.method = method; }
    setEndpoint(url) { this.url = url; }
    setHttpTimeout(millis) { this.timeout = millis; }
    setMIDServer(name) { this.midServer = name; }
    setRequestHeader(name, value) { this.headers[name] = value; }
    setRequestBody(body) { this.body = body; }
    execute() {
      platform.requests.push(this);
      const response = platform.respond(this);
      if (response instanceof Error) { throw response; }
      return {
        getStatusCode: () => response.status,
        getErrorMessage: () => response.error || null,
        getBody: () => response.body,
      };
    }
  };
}

function recordOf(platform) {
  return class {
    constructor(table) {
      this.table = table;
      this.conditions = [];
      this.orders = [];
      this.aborted = false;
      this.changed = [];
    }
    load(row, operation, changed) {
      Object.assign(this, { row, kind: operation, changed });
    }
    // --- queries
    addQuery(column, operator, value) {
      const [sign, expected] = value === undefined ? ['=', operator] : [operator, value];
      const holds = {
        '=': (value) => value === String(expected),
        '<': (value) => value < String(expected),
        '<=': (value) => value <= String(expected),
        STARTSWITH: (value) => value.startsWith(String(expected)),
      }[sign];
      if (!holds) { throw new Error(`no operator ${sign}`); }
      this.conditions.push((row) => holds(row[column] || ''));
    }
    orderBy(column) { this.orders.push([column, 1]); }
    orderByDesc(column) { this.orders.push([column, -1]); }
    setLimit(limit) { this.limit = limit; }
    query() {
      const rows = platform.rows(this.table).filter((row) => this.conditions.every((matches) => matches(row)));
      rows.sort((one, other) => {
        for (const [column, sign] of this.orders) {
          const [a, b] = [one[column] || '', other[column] || ''];
          if (a !== b) { return a < b ? -sign : sign; }
        }
        return 0;
      });
      this.result = rows.slice(0, this.limit);
    }
    next() {
      this.row = this.result.shift();
      return this.row !== undefined;
    }
    get(id) {
      this.row = platform.rows(this.table).find((row) => row.sys_id === id);
      return this.row !== undefined;
    }
    // --- reading
    getValue(column) {
      const value = this.row[column];
      return value === undefined || value === '' ? null : value;
    }
    getUniqueValue() { return this.row.sys_id; }
    getTableName() { return this.table; }
    operation() { return this.kind; }
    isValidField(column) { return column in this.row || OWNED_COLUMNS.some((owned) => owned.name === column); }
    getElement(column) {
      return {
        getLabel: () => column[0].toUpperCase() + column.slice(1),
        getDecryptedValue: () => (column === 'u_secret' ? platform.secret : this.getValue(column)),
      };
    }
    getElements() { return Object.keys(this.row).map((name) => ({ getName: () => name })); }
    canRead() { return platform.readable !== false; }
    getDisplayValue(column) { return { 3: 'Closed Complete' }[this.row[column]] || this.row[column]; }
    // --- changing
    initialize() { this.row = {}; }
    setValue(column, value) { this.row[column] = value; }
    insert() {
      if (this.row.sys_id && platform.rows(this.table).some((row) => row.sys_id === this.row.sys_id)) { return null; }
      this.row = platform.add(this.table, this.row);
      return this.row.sys_id;
    }
    update() { this.row.sys_updated_on = platform.time(); }
    deleteRecord() { platform.tables[this.table] = platform.rows(this.table).filter((row) => row !== this.row); }
    deleteMultiple() {
      this.query();
      platform.tables[this.table] = platform.rows(this.table).filter((row) => !this.result.includes(row));
    }
    setAbortAction(aborted) { this.aborted = aborted; }
    isActionAborted() { return this.aborted; }
  };
}

module.exports = { Platform };
