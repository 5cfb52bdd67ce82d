'use strict';
const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { Platform } = require('./platform.js');

describe('installation', () => {
  test('binds the app to its instance once, and prepares the sender', () => {
    const platform = new Platform();
    platform.run('finish-installation.fix.js');
    assert.equal(platform.properties['gatepost.instance'], 'acme');
    assert.equal(platform.rows('u_gatepost_sender')[0].u_self_test, 'ok');
    platform.properties.instance_name = 'clone';
    platform.run('finish-installation.fix.js');
    assert.equal(platform.properties['gatepost.instance'], 'acme', 'a clone is not bound by accident');
    assert.equal(platform.rows('u_gatepost_sender').length, 1);
  });

  test('releases the holds of Gatepost before it is removed, and no others', () => {
    const platform = new Platform();
    const own = platform.add('change_request', { on_hold: 'true', on_hold_reason: 'Gatepost: shut' });
    const other = platform.add('change_request', { on_hold: 'true', on_hold_reason: 'The vendor is late' });
    platform.run('release-holds.fix.js');
    assert.deepEqual([own.on_hold, own.on_hold_reason, other.on_hold], ['false', '', 'true']);
    assert.deepEqual(platform.told, ['Gatepost: 1 records were taken off hold']);
  });

  test('a clone loses what it has of the original', () => {
    const platform = new Platform();
    platform.properties['gatepost.instance'] = 'production';
    for (const table of ['u_gatepost_outbox', 'u_gatepost_sender', 'u_gatepost_heartbeat', 'u_gatepost_verdict']) {
      platform.add(table, {});
    }
    platform.run('clean-clone.fix.js');
    for (const table of ['u_gatepost_outbox', 'u_gatepost_sender', 'u_gatepost_heartbeat', 'u_gatepost_verdict']) {
      assert.deepEqual(platform.rows(table), [], table);
    }
    assert.deepEqual([platform.properties['gatepost.endpoint'], platform.properties['gatepost.instance']], ['', '']);
  });
});

describe('reading what belongs to a record', () => {
  const answer = (platform, task) => {
    const current = new platform.context.GlideRecord('u_gatepost_verdict');
    current.load({ u_task: task }, 'read', []);
    platform.run('task-read.acl.js', { current });
    return platform.context.answer;
  };

  test('is decided by the access controls of the record itself', () => {
    const platform = new Platform();
    platform.add('task', { sys_id: 'p1', sys_class_name: 'pm_project' });
    platform.add('pm_project', { sys_id: 'p1' });
    assert.equal(answer(platform, 'p1'), true);
    platform.readable = false;
    assert.equal(answer(platform, 'p1'), false);
  });

  test('is refused where there is no record', () => {
    const platform = new Platform();
    assert.deepEqual([answer(platform, ''), answer(platform, 'gone')], [false, false]);
  });
});
