'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Platform } = require('./platform.js');

const cases = JSON.parse(fs.readFileSync(path.join(__dirname, 'gate-cases.json'), 'utf8'));
const RULE = 'tables/pm_project.gate.js';
const SHUT = {
  sys_id: 'p1',
  state: '2',
  u_gatepost_gate: 'Blocked',
  u_gatepost_blockers: 'Implemented is shut: <b>no</b> proof · Kaya to act',
  u_gatepost_checked: '2026-06-25 09:55:00',
  u_gatepost_link: 'https://gatepost.example/m/42',
};

describe('the decision', () => {
  const { GatepostGate } = new Platform().context;
  for (const example of cases) {
    test(example.name, () => {
      const now = Date.parse(example.now.replace(' ', 'T') + 'Z');
      const decision = GatepostGate.decide(example.before, example.after, example.settings, now);
      assert.deepEqual({ ...decision }, { abort: example.abort, code: example.code, message: example.message });
    });
  }
});

describe('the rule', () => {
  test('aborts and shows the labels of the form, without markup', () => {
    const platform = new Platform();
    const record = platform.save(RULE, 'pm_project', 'update', SHUT, { state: '3' });
    assert.equal(record.aborted, true);
    assert.deepEqual(platform.messages, [
      'Gatepost keeps State from becoming Closed Complete: the gate is shut.',
      'Implemented is shut: ‹b›no‹/b› proof · Kaya to act',
      'More: https://gatepost.example/m/42',
    ]);
  });

  test('shows nothing when no gated value changes, and queries no other table', () => {
    const platform = new Platform();
    platform.context.GlideRecord.prototype.query = () => assert.fail('a table was queried');
    const record = platform.save(RULE, 'pm_project', 'update', SHUT, { short_description: 'Renewal' });
    assert.equal(record.aborted, false);
    assert.deepEqual(platform.messages, []);
  });

  test('adds no message when another rule has already refused', () => {
    const platform = new Platform();
    const { current, previous } = platform.saving('pm_project', 'update', SHUT, { state: '3' });
    current.setAbortAction(true);
    platform.run(RULE, { current, previous });
    assert.deepEqual(platform.messages, []);
  });

  test('an administrator is not the integration user', () => {
    const platform = new Platform();
    platform.add('sys_user_has_role', { user: 'lind', 'role.name': 'admin', state: 'active' });
    assert.equal(platform.save(RULE, 'pm_project', 'update', SHUT, { state: '3' }).aborted, true);
  });

  test('the integration user may move', () => {
    const platform = new Platform();
    platform.add('sys_user_has_role', { user: 'lind', 'role.name': 'u_gatepost_writer', state: 'active' });
    assert.equal(platform.save(RULE, 'pm_project', 'update', SHUT, { state: '3' }).aborted, false);
  });

  test('a revoked role does not count', () => {
    const platform = new Platform();
    platform.add('sys_user_has_role', { user: 'lind', 'role.name': 'u_gatepost_writer', state: 'inactive' });
    assert.equal(platform.save(RULE, 'pm_project', 'update', SHUT, { state: '3' }).aborted, true);
  });

  test('the newest heartbeat keeps a verdict fresh', () => {
    const platform = new Platform();
    platform.add('u_gatepost_heartbeat', { u_connection: 'old', u_heartbeat_at: '2026-06-20 09:00:00' });
    platform.add('u_gatepost_heartbeat', { u_connection: 'main', u_heartbeat_at: '2026-06-25 09:59:00' });
    const open = { ...SHUT, u_gatepost_gate: 'Open', u_gatepost_checked: '2026-06-01 09:00:00' };
    assert.equal(platform.save(RULE, 'pm_project', 'update', open, { state: '3' }).aborted, false);
    platform.tables.u_gatepost_heartbeat.pop();
    assert.equal(platform.save(RULE, 'pm_project', 'update', open, { state: '3' }).aborted, true);
    assert.match(platform.messages[0], /it was last active at 2026-06-20 09:00:00 UTC/);
  });

  test('a copied verdict is cleared', () => {
    const platform = new Platform();
    const copy = platform.save(RULE, 'pm_project', 'insert', {}, { ...SHUT, u_gatepost_gate: 'Open' });
    assert.equal(copy.getValue('u_gatepost_gate'), null);
    assert.equal(copy.getValue('u_gatepost_blockers'), null);
    assert.equal(copy.getValue('state'), '2');
  });

  test('what the integration user inserts keeps its verdict', () => {
    const platform = new Platform();
    platform.add('sys_user_has_role', { user: 'lind', 'role.name': 'u_gatepost_writer', state: 'active' });
    const record = platform.save(RULE, 'pm_project', 'insert', {}, { ...SHUT });
    assert.equal(record.getValue('u_gatepost_gate'), 'Blocked');
  });

  test('an insert into a gated value is checked', () => {
    const platform = new Platform();
    platform.properties['gatepost.when_unassessed'] = 'closed';
    assert.equal(platform.save(RULE, 'pm_project', 'insert', {}, { state: '3' }).aborted, true);
  });

  test('a table that extends a governed one is gated like it', () => {
    const platform = new Platform();
    assert.equal(platform.save(RULE, 'u_small_project', 'update', SHUT, { state: '3' }).aborted, true);
  });

  test('a mistyped column is reported in the log', () => {
    const platform = new Platform();
    platform.properties['gatepost.gated.pm_project'] = 'stat:3';
    platform.save(RULE, 'pm_project', 'update', SHUT, { state: '3' });
    assert.deepEqual(platform.errors, [
      'Gatepost: the property gatepost.gated.pm_project names the column stat, which the table does not have; '
        + 'nothing is gated by it.',
    ]);
  });
});
