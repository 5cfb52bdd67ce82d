'use strict';
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { describe, test } = require('node:test');
const { Platform } = require('./platform.js');

const EVENT_RULE = 'event.rule.js';
const PROJECT = {
  sys_id: 'a'.repeat(32),
  sys_mod_count: '4',
  sys_updated_on: '2026-06-25 09:59:59',
  sys_updated_by: 'lind',
  short_description: 'Große Ablösung',
};
const TASK = { sys_id: 'b'.repeat(32), sys_class_name: 'pm_project' };
const PLAN = { sys_id: 'c'.repeat(32), sys_mod_count: '1', sys_updated_by: 'lind', task: TASK.sys_id };

const writer = (platform) =>
  platform.add('sys_user_has_role', { user: 'lind', 'role.name': 'u_gatepost_writer', state: 'active' });
const events = (platform) => platform.rows('u_gatepost_outbox').map((row) => row.u_event);
const queue = (platform, record, number, values = {}) =>
  platform.add('u_gatepost_outbox', {
    u_event: `${record}:${number}:update`,
    u_table: 'pm_project',
    u_record: record,
    u_operation: 'update',
    u_body: JSON.stringify({ event_id: `${record}:${number}` }),
    u_state: 'queued',
    u_attempts: '0',
    u_next_attempt: platform.time(),
    u_order: String(1000 + platform.rows('u_gatepost_outbox').length),
    ...values,
  });
const send = (platform) => platform.run('send.job.js');
const sent = (platform) => platform.requests.map((request) => request.headers['X-Event-Id']);

describe('events written to the outbox', () => {
  for (const operation of ['insert', 'update', 'delete']) {
    test(`${operation} of a record writes an event to the outbox`, () => {
      const platform = new Platform();
      platform.save(EVENT_RULE, 'pm_project', operation, PROJECT, operation === 'update' ? { state: '3' } : {});
      const [row] = platform.rows('u_gatepost_outbox');
      assert.equal(row.u_event, `${PROJECT.sys_id}:4:${operation}`);
      assert.equal(row.u_state, 'queued');
      assert.deepEqual([row.u_table, row.u_record, row.u_operation], ['pm_project', PROJECT.sys_id, operation]);
      assert.deepEqual(JSON.parse(row.u_body), {
        event_id: `${PROJECT.sys_id}:4`,
        instance: 'acme',
        table: 'pm_project',
        sys_id: PROJECT.sys_id,
        operation,
        sys_mod_count: '4',
        sys_updated_on: '2026-06-25 09:59:59',
        sys_updated_by: 'lind',
      });
    });
  }

  test('a write by Gatepost to its own columns writes no event', () => {
    const platform = new Platform();
    writer(platform);
    platform.save(EVENT_RULE, 'pm_project', 'update', PROJECT, { u_gatepost_gate: 'Open', u_gatepost_plan: '1' });
    assert.deepEqual(events(platform), []);
  });

  test('a write by Gatepost to other columns writes an event', () => {
    const platform = new Platform();
    writer(platform);
    platform.save(EVENT_RULE, 'pm_project', 'update', PROJECT, { u_gatepost_gate: 'Open', state: '3' });
    assert.equal(events(platform).length, 1);
  });

  test('a write by somebody else to these columns writes an event', () => {
    const platform = new Platform();
    platform.save(EVENT_RULE, 'pm_project', 'update', PROJECT, { u_gatepost_gate: 'Open' });
    assert.equal(events(platform).length, 1);
  });

  test('an insert or delete by Gatepost writes an event', () => {
    const platform = new Platform();
    writer(platform);
    platform.save(EVENT_RULE, 'pm_project', 'insert', {}, { ...PROJECT });
    platform.save(EVENT_RULE, 'pm_project', 'delete', PROJECT);
    assert.equal(events(platform).length, 2);
  });

  for (const [table, column] of [
    ['cost_plan', 'task'], ['benefit_plan', 'task'], ['fm_expense_line', 'task'],
    ['sysapproval_approver', 'sysapproval'],
  ]) {
    test(`a change of ${table} writes an event for the record that it belongs to`, () => {
      const platform = new Platform();
      platform.add('task', TASK);
      const plan = { ...PLAN, task: undefined, [column]: TASK.sys_id };
      platform.save(`related.rule.js@${column}`, table, 'delete', plan);
      const [row] = platform.rows('u_gatepost_outbox');
      assert.equal(row.u_event, `${PLAN.sys_id}:1:delete:${TASK.sys_id}`);
      const body = JSON.parse(row.u_body);
      assert.deepEqual(
        [body.table, body.sys_id, body.through], ['pm_project', TASK.sys_id, `${table}:${PLAN.sys_id}`]);
    });
  }

  test('a plan that moves to another record writes an event for both', () => {
    const platform = new Platform();
    const other = { sys_id: 'd'.repeat(32), sys_class_name: 'dmn_demand' };
    platform.add('task', TASK);
    platform.add('task', other);
    platform.save('related.rule.js@task', 'cost_plan', 'update', PLAN, { task: other.sys_id });
    assert.deepEqual(events(platform), [
      `${PLAN.sys_id}:1:update:${other.sys_id}`, `${PLAN.sys_id}:1:update:${TASK.sys_id}`,
    ]);
  });

  test('an approval of a record that is not governed writes no event', () => {
    const platform = new Platform();
    platform.add('task', { ...TASK, sys_class_name: 'incident' });
    platform.save('related.rule.js@sysapproval', 'sysapproval_approver', 'insert', {},
      { ...PLAN, sysapproval: TASK.sys_id });
    assert.deepEqual(events(platform), []);
  });

  test('a plan without a record writes no event', () => {
    const platform = new Platform();
    platform.save('related.rule.js@task', 'cost_plan', 'insert', {}, { ...PLAN, task: '' });
    assert.deepEqual(events(platform), []);
  });
});

describe('sending', () => {
  test('signs the bytes that are sent, with any characters', () => {
    const platform = new Platform();
    platform.save(EVENT_RULE, 'pm_project', 'insert', {}, { ...PROJECT, sys_updated_by: 'jürgen.groß 😀' });
    send(platform);
    const [request] = platform.requests;
    const stamp = String(Date.parse('2026-06-25T10:00:00Z') / 1000);
    const expected = crypto.createHmac('sha256', Buffer.from(platform.secret, 'utf8'))
      .update(`${stamp}.${request.body}`).digest('base64');
    assert.equal(request.headers['X-Gatepost-Timestamp'], stamp);
    assert.equal(request.headers['X-Gatepost-Signature'], `v1=${expected}`);
    assert.match(request.body, /^[\x20-\x7e]+$/);
    assert.equal(JSON.parse(request.body).sys_updated_by, 'jürgen.groß 😀');
    assert.equal(JSON.parse(request.body).sent_at, '2026-06-25 10:00:00');
    assert.deepEqual([request.method, request.timeout, request.url],
      ['post', 10000, 'https://gatepost.example/hooks/servicenow-main']);
    assert.equal(platform.rows('u_gatepost_outbox')[0].u_state, 'sent');
  });

  test('sends in the order of the changes', () => {
    const platform = new Platform();
    queue(platform, 'x', 2, { u_order: '1002' });
    queue(platform, 'x', 1, { u_order: '1001' });
    queue(platform, 'y', 1, { u_order: '1003' });
    send(platform);
    assert.deepEqual(sent(platform), ['x:1:update', 'x:2:update', 'y:1:update']);
  });

  test('later events of a record wait for a failed one; other records continue', () => {
    const platform = new Platform();
    queue(platform, 'x', 1);
    queue(platform, 'y', 1);
    queue(platform, 'x', 2);
    platform.respond = (request) => ({ status: request.headers['X-Event-Id'] === 'x:1:update' ? 500 : 202, body: '' });
    send(platform);
    assert.deepEqual(sent(platform), ['x:1:update', 'y:1:update']);
    platform.respond = () => ({ status: 202, body: '' });
    platform.advance(1);
    send(platform);
    assert.deepEqual(sent(platform).slice(2), ['x:1:update', 'x:2:update']);
  });

  test('tries again after 1, 2, 5, 15 and then every 60 minutes, and gives up after three days', () => {
    const platform = new Platform();
    const row = queue(platform, 'x', 1);
    platform.respond = () => ({ status: 503, body: 'down for maintenance' });
    const waits = [];
    while (row.u_state === 'queued') {
      send(platform);
      if (row.u_state === 'queued') {
        const wait = (Date.parse(row.u_next_attempt.replace(' ', 'T') + 'Z') - platform.now) / 60000;
        waits.push(wait);
        platform.advance(wait - 0.1);
        send(platform);
        platform.advance(0.1);
      }
    }
    assert.deepEqual(waits.slice(0, 7), [1, 2, 5, 15, 60, 60, 60]);
    assert.equal(platform.requests.length, waits.length + 1, 'no attempt is too early');
    assert.equal(row.u_state, 'failed');
    assert.equal(row.u_response, '503 down for maintenance');
    assert.ok(platform.now - Date.parse('2026-06-25T10:00:00Z') > 3 * 24 * 3600 * 1000);
    assert.deepEqual(platform.errors,
      ['Gatepost: the event x:1:update was given up after three days: 503 down for maintenance']);
  });

  test('a failed event does not hold back what comes after it', () => {
    const platform = new Platform();
    queue(platform, 'x', 1, { u_state: 'failed' });
    queue(platform, 'x', 2);
    send(platform);
    assert.deepEqual(sent(platform), ['x:2:update']);
  });

  test('a timeout is recorded and tried again', () => {
    const platform = new Platform();
    const row = queue(platform, 'x', 1);
    platform.respond = () => new Error('Read timed out');
    send(platform);
    assert.deepEqual([row.u_state, row.u_attempts, row.u_response], ['queued', '1', 'Read timed out']);
    assert.equal(row.u_next_attempt, '2026-06-25 10:01:00');
  });

  test('a run stops when the receiver fails three times in a row', () => {
    const platform = new Platform();
    for (const name of ['a', 'b', 'c', 'd', 'e']) { queue(platform, name, 1); }
    platform.respond = () => ({ status: 502, body: '' });
    send(platform);
    assert.equal(platform.requests.length, 3);
  });

  test('a change while its event is being sent queues an event of its own', () => {
    const platform = new Platform();
    platform.save(EVENT_RULE, 'pm_project', 'update', PROJECT, { state: '2' });
    platform.save(EVENT_RULE, 'pm_project', 'update', { ...PROJECT, sys_mod_count: '5' }, { state: '3' });
    assert.equal(events(platform).length, 1, 'an event that waits stands for every later change');
    let changed = false;
    platform.respond = () => {
      if (!changed) {
        changed = true;
        platform.save(EVENT_RULE, 'pm_project', 'update', { ...PROJECT, sys_mod_count: '6' }, { state: '4' });
      }
      return { status: 202, body: '' };
    };
    send(platform);
    assert.deepEqual(sent(platform), [`${PROJECT.sys_id}:4:update`, `${PROJECT.sys_id}:6:update`]);
  });

  test('what a run that died had in hand is sent again', () => {
    const platform = new Platform();
    queue(platform, 'x', 1, { u_state: 'sending' });
    send(platform);
    assert.deepEqual(sent(platform), ['x:1:update']);
  });

  test('a receiver that is down is left alone for a time that grows, and one event closes the breaker', () => {
    const platform = new Platform();
    for (const name of ['a', 'b', 'c', 'd']) { queue(platform, name, 1); }
    platform.respond = () => ({ status: 503, body: '' });
    const runs = [];
    for (let minute = 0; minute < 30; minute += 1) {
      const before = platform.requests.length;
      send(platform);
      if (platform.requests.length > before) { runs.push(minute); }
      platform.advance(1);
    }
    assert.deepEqual(runs, [0, 1, 3, 8, 23]);
    platform.respond = () => ({ status: 202, body: '' });
    platform.advance(15);
    send(platform);
    const [status] = platform.rows('u_gatepost_sender');
    assert.deepEqual([status.u_failed_runs, status.u_resume_at], ['0', '']);
  });

  test('events go through a MID server where one is named', () => {
    const platform = new Platform();
    platform.properties['gatepost.mid_server'] = 'mid-berlin';
    queue(platform, 'x', 1);
    send(platform);
    assert.equal(platform.requests[0].midServer, 'mid-berlin');
  });

  test('a clone sends nothing and queues nothing', () => {
    const platform = new Platform();
    platform.properties['gatepost.instance'] = 'production';
    queue(platform, 'x', 1);
    platform.save(EVENT_RULE, 'pm_project', 'update', PROJECT, { state: '3' });
    send(platform);
    assert.deepEqual([platform.requests.length, platform.rows('u_gatepost_outbox').length], [0, 1]);
  });

  for (const [secret, found] of [
    ['a secret of at least thirty-two letters', 'ok'], ['short', 'the secret has fewer than 32 characters'],
    ['', 'no secret is set'],
  ]) {
    test(`the self-test of signing says: ${found}`, () => {
      const platform = new Platform();
      platform.secret = secret;
      send(platform);
      const [status] = platform.rows('u_gatepost_sender');
      assert.deepEqual([status.u_self_test, status.u_self_tested_at], [found, '2026-06-25 10:00:00']);
    });
  }

  test('an instance that signs otherwise is found by the self-test', () => {
    const platform = new Platform();
    platform.context.GlideCertificateEncryption.prototype.generateMac = () => 'another';
    send(platform);
    assert.equal(platform.rows('u_gatepost_sender')[0].u_self_test,
      'this instance signs a known text otherwise than expected');
  });

  for (const name of ['address', 'secret']) {
    test(`nothing is sent, and nothing lost, without ${name}`, () => {
      const platform = new Platform();
      if (name === 'secret') { platform.secret = ''; } else { delete platform.properties['gatepost.endpoint']; }
      const row = queue(platform, 'x', 1);
      send(platform);
      assert.deepEqual([platform.requests.length, row.u_state, row.u_attempts], [0, 'queued', '0']);
    });
  }

  test('sent events are cleaned after a week; failed ones stay', () => {
    const platform = new Platform();
    queue(platform, 'x', 1, { u_state: 'sent', sys_updated_on: '2026-06-18 09:59:59' });
    queue(platform, 'x', 2, { u_state: 'sent', sys_updated_on: '2026-06-18 10:00:01' });
    queue(platform, 'x', 3, { u_state: 'failed', sys_updated_on: '2026-05-01 10:00:00' });
    queue(platform, 'x', 4, { sys_updated_on: '2026-05-01 10:00:00' });
    platform.run('clean.job.js');
    assert.deepEqual(events(platform), ['x:2:update', 'x:3:update', 'x:4:update']);
  });
});
