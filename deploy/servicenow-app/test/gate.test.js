'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const { Platform } = require('./platform.js');

const cases = JSON.parse(fs.readFileSync(path.join(__dirname, 'gate-cases.json'), 'utf8'));
const RULE = 'gate.rule.js@pm_project';
const RECORD = { sys_id: 'p1', state: '2' };
const VERDICT = {
  u_task: 'p1',
  u_gate: 'Blocked',
  u_blockers: 'Implemented is shut: <b>no</b> proof · Kaya to act',
  u_checked: '2026-06-25 09:55:00',
  u_link: 'https://gatepost.example/m/42',
};
/** An instance with a verdict on the record that is saved. */
const withVerdict = (values = {}) => {
  const platform = new Platform();
  platform.add('u_gatepost_verdict', { ...VERDICT, ...values });
  return platform;
};

describe('the decision', () => {
  const { GatepostGate } = new Platform().context;
  for (const example of cases) {
    test(example.name, () => {
      const now = Date.parse(example.now.replace(' ', 'T') + 'Z');
      const decision = GatepostGate.decide(
        example.before, example.after, example.verdict, example.settings, now);
      assert.deepEqual({ ...decision }, { abort: example.abort, code: example.code, message: example.message });
    });
  }
});

describe('the rule', () => {
  test('aborts and shows the labels of the form, without markup', () => {
    const platform = withVerdict();
    const record = platform.save(RULE, 'pm_project', 'update', RECORD, { state: '3' });
    assert.equal(record.aborted, true);
    assert.deepEqual(platform.messages, [
      'Gatepost keeps State from becoming Closed Complete: the gate is shut.',
      'Implemented is shut: ‹b›no‹/b› proof · Kaya to act',
      'More: https://gatepost.example/m/42',
    ]);
  });

  test('shows nothing when no gated value changes, and queries no other table', () => {
    const platform = withVerdict();
    platform.context.GlideRecord.prototype.query = () => assert.fail('a table was queried');
    const record = platform.save(RULE, 'pm_project', 'update', RECORD, { short_description: 'Renewal' });
    assert.equal(record.aborted, false);
    assert.deepEqual(platform.messages, []);
  });

  test('adds no message when another rule has already refused', () => {
    const platform = withVerdict();
    const { current, previous } = platform.saving('pm_project', 'update', RECORD, { state: '3' });
    current.setAbortAction(true);
    platform.run(RULE, { current, previous });
    assert.deepEqual(platform.messages, []);
  });

  test('an administrator is not the integration user', () => {
    const platform = withVerdict();
    platform.add('sys_user_has_role', { user: 'lind', 'role.name': 'admin', state: 'active' });
    assert.equal(platform.save(RULE, 'pm_project', 'update', RECORD, { state: '3' }).aborted, true);
  });

  test('the integration user may move', () => {
    const platform = withVerdict();
    platform.add('sys_user_has_role', { user: 'lind', 'role.name': 'u_gatepost_writer', state: 'active' });
    assert.equal(platform.save(RULE, 'pm_project', 'update', RECORD, { state: '3' }).aborted, false);
  });

  test('a revoked role does not count', () => {
    const platform = withVerdict();
    platform.add('sys_user_has_role', { user: 'lind', 'role.name': 'u_gatepost_writer', state: 'inactive' });
    assert.equal(platform.save(RULE, 'pm_project', 'update', RECORD, { state: '3' }).aborted, true);
  });

  test('the newest heartbeat keeps a verdict fresh', () => {
    const platform = withVerdict({ u_gate: 'Open', u_checked: '2026-06-01 09:00:00' });
    platform.add('u_gatepost_heartbeat', { u_connection: 'old', u_heartbeat_at: '2026-06-20 09:00:00' });
    platform.add('u_gatepost_heartbeat', { u_connection: 'main', u_heartbeat_at: '2026-06-25 09:59:00' });
    assert.equal(platform.save(RULE, 'pm_project', 'update', RECORD, { state: '3' }).aborted, false);
    platform.tables.u_gatepost_heartbeat.pop();
    assert.equal(platform.save(RULE, 'pm_project', 'update', RECORD, { state: '3' }).aborted, true);
    assert.match(platform.messages[0], /it was last active at 2026-06-20 09:00:00 UTC/);
  });

  test('a copied verdict is cleared', () => {
    const platform = withVerdict();
    const copy = platform.save(RULE, 'pm_project', 'insert', {}, {
      ...RECORD, u_gatepost_gate: 'Open', u_gatepost_blockers: 'none',
    });
    assert.equal(copy.getValue('u_gatepost_gate'), null);
    assert.equal(copy.getValue('u_gatepost_blockers'), null);
    assert.equal(copy.getValue('state'), '2');
  });

  test('what the integration user inserts keeps its verdict', () => {
    const platform = withVerdict();
    platform.add('sys_user_has_role', { user: 'lind', 'role.name': 'u_gatepost_writer', state: 'active' });
    const record = platform.save(RULE, 'pm_project', 'insert', {}, { ...RECORD, u_gatepost_gate: 'Blocked' });
    assert.equal(record.getValue('u_gatepost_gate'), 'Blocked');
  });

  test('an insert into a gated value is checked', () => {
    const platform = withVerdict();
    platform.properties['gatepost.when_unassessed'] = 'closed';
    assert.equal(platform.save(RULE, 'pm_project', 'insert', {}, { state: '3' }).aborted, true);
  });

  test('a table that extends a governed one is gated like it', () => {
    const platform = withVerdict();
    assert.equal(platform.save(RULE, 'u_small_project', 'update', RECORD, { state: '3' }).aborted, true);
  });

  test('a mistyped column is reported in the log', () => {
    const platform = withVerdict();
    platform.properties['gatepost.gated.pm_project'] = 'stat:3';
    platform.save(RULE, 'pm_project', 'update', RECORD, { state: '3' });
    assert.deepEqual(platform.errors, [
      'Gatepost: the property gatepost.gated.pm_project or gatepost.exempt.pm_project names the column stat, '
        + 'which the table does not have; it has no effect.',
    ]);
  });

  test('reads the verdict from its own table, and none from the record', () => {
    const platform = new Platform();
    platform.properties['gatepost.when_unassessed'] = 'closed';
    const claimed = { ...RECORD, u_gatepost_gate: 'Open', u_gatepost_checked: '2026-06-25 09:59:00' };
    assert.equal(platform.save(RULE, 'pm_project', 'update', claimed, { state: '3' }).aborted, true);
    platform.add('u_gatepost_verdict', { ...VERDICT, u_gate: 'Open' });
    assert.equal(platform.save(RULE, 'pm_project', 'update', RECORD, { state: '3' }).aborted, false);
  });

  test('a verdict without a time of its own is as old as its row', () => {
    const platform = withVerdict({ u_gate: 'Open', u_checked: '', sys_updated_on: '2026-06-25 09:30:00' });
    assert.equal(platform.save(RULE, 'pm_project', 'update', RECORD, { state: '3' }).aborted, false);
    platform.advance(31);
    assert.equal(platform.save(RULE, 'pm_project', 'update', RECORD, { state: '3' }).aborted, true);
  });

  test('a verdict that could not be written is not fresh, whatever the heartbeat says', () => {
    const platform = withVerdict({ u_gate: 'Open' });
    platform.add('u_gatepost_heartbeat', {
      u_connection: 'main', u_heartbeat_at: '2026-06-25 09:59:00', u_unwritten: 'x9,p1',
    });
    assert.equal(platform.save(RULE, 'pm_project', 'update', RECORD, { state: '3' }).aborted, true);
    assert.match(platform.messages[0], /its last verdict on this record could not be read or written/);
    assert.equal(platform.save(RULE, 'pm_project', 'update', { ...RECORD, sys_id: 'p2' }, { state: '3' }).aborted, false);
  });

  test('an emergency is let pass, and whoever moves it and the log are told', () => {
    const platform = withVerdict();
    Object.assign(platform.properties, {
      'gatepost.gated.change_request': 'state:3', 'gatepost.exempt.change_request': 'type:emergency',
    });
    const change = { ...RECORD, type: 'emergency' };
    const told = 'Gatepost lets State become Closed Complete although its gate is shut, because Type is emergency. '
      + 'The move is reported as ahead of its gate.';
    assert.equal(platform.save('gate.rule.js@change_request', 'change_request', 'update', change, { state: '3' }).aborted, false);
    assert.deepEqual([platform.infos, platform.told], [[told], [`Gatepost: change_request p1: ${told}`]]);
  });

  test('a clone gates nothing, and the instance itself goes on', () => {
    const platform = withVerdict();
    platform.properties['gatepost.instance'] = 'production';
    assert.equal(platform.save(RULE, 'pm_project', 'update', RECORD, { state: '3' }).aborted, false);
    platform.properties['gatepost.instance'] = 'acme';
    assert.equal(platform.save(RULE, 'pm_project', 'update', RECORD, { state: '3' }).aborted, true);
  });

  test('speaks the language of the instance', () => {
    const platform = withVerdict();
    platform.translations = { 'Gatepost keeps {0} from becoming {1}: {2}': 'Gatepost lässt {0} nicht {1} werden: {2}' };
    platform.save(RULE, 'pm_project', 'update', RECORD, { state: '3' });
    assert.equal(platform.messages[0], 'Gatepost lässt State nicht Closed Complete werden: the gate is shut.');
  });
});
