'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Platform } = require('./standins.js');

const cases = JSON.parse(fs.readFileSync(path.join(__dirname, 'gate-cases.json'), 'utf8'));
const RULE = 'tables/pm_project.gate.js';
const SHUT = {
  sys_id: 'p1',
  state: '2',
  u_gatepost_gate: 'Shut',
  u_gatepost_blockers: 'Implemented is shut: <b>no</b> proof · Kaya to act',
  u_gatepost_checked: '2026-06-25 09:55:00',
  u_gatepost_link: 'https://gatepost.example/m/42',
};

describe('the decision', () => {
  const { GatepostGate } = new Platform().context;
  for (const one of cases) {
    test(one.name, () => {
      const now = Date.parse(one.now.replace(' ', 'T') + 'Z');
      const decision = GatepostGate.decide(one.before, one.after, one.settings, now);
      assert.deepEqual({ ...decision }, { abort: one.abort, code: one.code, message: one.message });
    });
  }
});

describe('the rule', () => {
  test('aborts and tells what the form has for words, without markup', () => {
    const platform = new Platform();
    const record = platform.save(RULE, 'pm_project', 'update', SHUT, { state: '3' });
    assert.equal(record.aborted, true);
    assert.deepEqual(platform.shown, [
      'Gatepost keeps State from becoming Closed Complete: the gate is shut.',
      'Implemented is shut: ‹b›no‹/b› proof · Kaya to act',
      'More: https://gatepost.example/m/42',
    ]);
  });

  test('says nothing when nothing moves, and asks no other table', () => {
    const platform = new Platform();
    platform.context.GlideRecord.prototype.query = () => assert.fail('a table was asked');
    const record = platform.save(RULE, 'pm_project', 'update', SHUT, { short_description: 'Renewal' });
    assert.equal(record.aborted, false);
    assert.deepEqual(platform.shown, []);
  });

  test('has nothing to add when another rule has refused', () => {
    const platform = new Platform();
    const { current, previous } = platform.saving('pm_project', 'update', SHUT, { state: '3' });
    current.setAbortAction(true);
    platform.run(RULE, { current, previous });
    assert.deepEqual(platform.shown, []);
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

  test('a role that was taken away does not count', () => {
    const platform = new Platform();
    platform.add('sys_user_has_role', { user: 'lind', 'role.name': 'u_gatepost_writer', state: 'inactive' });
    assert.equal(platform.save(RULE, 'pm_project', 'update', SHUT, { state: '3' }).aborted, true);
  });

  test('the newest heartbeat keeps a verdict fresh', () => {
    const platform = new Platform();
    platform.add('u_gatepost_heartbeat', { u_connection: 'old', u_heard: '2026-06-20 09:00:00' });
    platform.add('u_gatepost_heartbeat', { u_connection: 'main', u_heard: '2026-06-25 09:59:00' });
    const open = { ...SHUT, u_gatepost_gate: 'Open', u_gatepost_checked: '2026-06-01 09:00:00' };
    assert.equal(platform.save(RULE, 'pm_project', 'update', open, { state: '3' }).aborted, false);
    platform.tables.u_gatepost_heartbeat.pop();
    assert.equal(platform.save(RULE, 'pm_project', 'update', open, { state: '3' }).aborted, true);
    assert.match(platform.shown[0], /it was last heard of at 2026-06-20 09:00:00 UTC/);
  });

  test('a copied verdict is forgotten by the copy', () => {
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
    assert.equal(record.getValue('u_gatepost_gate'), 'Shut');
  });

  test('an insert into a gated value is judged', () => {
    const platform = new Platform();
    platform.properties['gatepost.when_unassessed'] = 'closed';
    assert.equal(platform.save(RULE, 'pm_project', 'insert', {}, { state: '3' }).aborted, true);
  });

  test('a table that extends a governed one is gated like it', () => {
    const platform = new Platform();
    assert.equal(platform.save(RULE, 'u_small_project', 'update', SHUT, { state: '3' }).aborted, true);
  });

  test('a mistyped column is told in the log', () => {
    const platform = new Platform();
    platform.properties['gatepost.gated.pm_project'] = 'stat:3';
    platform.save(RULE, 'pm_project', 'update', SHUT, { state: '3' });
    assert.deepEqual(platform.errors, [
      'Gatepost: the property gatepost.gated.pm_project names the column stat, which the table does not have; '
        + 'nothing is gated by it.',
    ]);
  });
});
