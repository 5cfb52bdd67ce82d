-- Which rows of which table a reader sees (row_visibility.sql).

INSERT INTO row_policy (name, visible) VALUES
    -- A measure by a grant that reaches its place, or by an own account that holds one of its roles, or held it until
    -- a change that nobody has accepted.
    ('measure',
        $$(SELECT gatepost_sees_all())
    OR (SELECT gatepost_scopes()) ?| gatepost_place_keys(portfolio, program, project, package, legal_entity)
    OR (SELECT gatepost_accounts()) ?| ARRAY[connection || E'\x1e' || owner_id, connection || E'\x1e' || sponsor_id,
                                            connection || E'\x1e' || controller_id]
    OR (SELECT gatepost_accounts()) ?| further_holders
    OR (SELECT gatepost_accounts()) ?| role_change_parties$$),
    -- What belongs to a measure.  One row is looked up, many are hashed: PostgreSQL chooses between the two forms of
    -- such an EXISTS by itself.
    ('effect_line',
        $$(SELECT gatepost_sees_all()) OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = effect_line.measure_id)$$),
    ('decision',
        $$(SELECT gatepost_sees_all()) OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = decision.measure_id)$$),
    ('command',
        $$(SELECT gatepost_sees_all()) OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = command.measure_id)$$),
    ('status_day',
        $$(SELECT gatepost_sees_all()) OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = status_day.measure_id)$$),
    ('plan_version',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = plan_version.measure_id)$$),
    ('dependency',
        $$(SELECT gatepost_sees_all()) OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = dependency.measure_id)$$),
    -- What belongs to a service alone is for those who see it; of one that nobody has defined for those who see all.
    ('ledger_entry',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = ledger_entry.measure_id)
            OR (ledger_entry.service <> '' AND EXISTS (SELECT 1 FROM service_name seen
                WHERE seen.name = lower(ledger_entry.service)))$$),
    ('service',
        $$(SELECT gatepost_sees_all())
    OR (SELECT gatepost_scopes()) ?| (gatepost_place_keys(portfolio, program, NULL, NULL, legal_entity))[1:5]$$),
    ('service_name',
        $$(SELECT gatepost_sees_all()) OR EXISTS (SELECT 1 FROM service seen WHERE seen.key = service_name.service)$$),
    ('service_figures',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM service seen WHERE seen.key = service_figures.service)$$),
    ('measure_name',
        $$(SELECT gatepost_sees_all()) OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = measure_name.measure_id)$$),
    ('value_wait',
        $$(SELECT gatepost_sees_all()) OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = value_wait.measure_id)$$),
    -- Hours of teams name people: for those who see everything.  How many hours a week a team has names nobody, and what
    -- measures plan is the same for every reader.
    ('team_hours', $$(SELECT gatepost_sees_all()) OR (kind = 'weekly' AND person = '')$$),
    -- What an organisation wants to reach is no secret inside it; nothing of a measure stands there.
    ('objective', NULL),
    ('objective_name', NULL),
    ('kpi_value',
        $$(SELECT gatepost_sees_all())
            OR subject_kind = 'key_result'
            OR (subject_kind = 'service' AND EXISTS (SELECT 1 FROM service seen WHERE seen.key = kpi_value.subject))
            OR (subject_kind = 'measure' AND EXISTS (SELECT 1 FROM measure seen WHERE seen.id = kpi_value.subject))$$),
    ('ledger_unassessed',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = ledger_unassessed.measure_id)$$),
    ('ledger_difference',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = ledger_difference.measure_id)$$),
    ('submitted_command',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = submitted_command.measure_id)$$),
    ('audit',
        $$(SELECT gatepost_sees_all()) OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = audit.subject)$$),
    -- What belongs to an item; the flow of work also to those who operate it.
    ('work_item',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.connection = work_item.connection
                AND seen.native_id = work_item.native_id)$$),
    ('outbox',
        $$(SELECT gatepost_operates()) OR (SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.connection = outbox.connection
                AND seen.native_id = outbox.native_id)$$),
    ('inbox',
        $$(SELECT gatepost_operates()) OR (SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.connection = inbox.connection
                AND seen.native_id = inbox.native_id)$$),
    ('dirty_key',
        $$(SELECT gatepost_operates()) OR (SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.connection = dirty_key.connection
                AND seen.native_id = dirty_key.native_id)$$),
    -- A body holds a measure's content: to operate is not enough.
    ('inbox_body',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM inbox event JOIN measure seen ON seen.connection = event.connection
                AND seen.native_id = event.native_id WHERE event.id = inbox_body.inbox_id)$$),
    -- Deliveries are about a measure or a connection.  The subscriptions themselves hold secrets: no reader sees them.
    ('subscription_delivery',
        $$(SELECT gatepost_sees_all())
     OR (subscription_delivery.connection IS NOT NULL AND (SELECT gatepost_operates()))
     OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = subscription_delivery.measure_id)$$),
    -- Figures like the measures they are of.
    ('measure_figures',
        $$(SELECT gatepost_sees_all())
    OR (SELECT gatepost_scopes())
       ?| gatepost_place_keys(portfolio, program, project, package, nullif(legal_entity, ''))
    OR (SELECT gatepost_accounts()) ?| holders$$),
    ('measure_finding',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure_figures seen WHERE seen.measure_id = measure_finding.measure_id)$$),
    ('measure_series',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure_figures seen WHERE seen.measure_id = measure_series.measure_id)$$),
    ('measure_validated',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure_figures seen WHERE seen.measure_id = measure_validated.measure_id)$$),
    -- A sum over a program is for those who see all of it: of the keys only those that end at the program or above.
    ('rollup_group',
        $$(SELECT gatepost_sees_all())
    OR (SELECT gatepost_scopes())
       ?| (gatepost_place_keys(portfolio, program, NULL, NULL, nullif(legal_entity, '')))[1:5]$$),
    ('rollup_curve',
        $$(SELECT gatepost_sees_all())
    OR (SELECT gatepost_scopes())
       ?| (gatepost_place_keys(portfolio, program, NULL, NULL, nullif(legal_entity, '')))[1:5]$$),
    -- Of measures that have moved elsewhere, too; so not for whoever sees a part.
    ('group_version',
        $$(SELECT gatepost_sees_all())$$),
    ('curve_version',
        $$(SELECT gatepost_sees_all())
    OR (SELECT gatepost_scopes())
       ?| (gatepost_place_keys(portfolio, program, NULL, NULL, nullif(legal_entity, '')))[1:5]$$),
    ('rollup_month',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM rollup_group seen WHERE seen.group_id = rollup_month.group_id)$$),
    ('rollup_validated',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM rollup_group seen WHERE seen.group_id = rollup_validated.group_id)$$),
    -- The past of what a reader sees today.
    ('verdict_version',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = verdict_version.measure_id)$$),
    ('effects_version',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = effects_version.measure_id)$$),
    ('figures_version',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = figures_version.measure_id)$$),
    -- The checklist names measures: for those who see all of the legal entity.
    ('month_close_step',
        $$(SELECT gatepost_sees_all()) OR (SELECT gatepost_scopes()) ? (E'\x1e' || nullif(legal_entity, ''))$$),
    ('budget_lock_step',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = budget_lock_step.measure_id)$$),
    ('meeting_decision',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = meeting_decision.measure_id)$$),
    -- A scenario names many measures: it is for those who see every one of them.
    ('scenario',
        $$(SELECT gatepost_sees_all())
            OR NOT EXISTS (SELECT 1 FROM unnest(measures) AS named (id)
                WHERE NOT EXISTS (SELECT 1 FROM measure seen WHERE seen.id = named.id))$$),
    ('scenario_proposal',
        $$(SELECT gatepost_sees_all())
            OR EXISTS (SELECT 1 FROM measure seen WHERE seen.id = scenario_proposal.measure_id)$$),
    -- The filters name people and programs: whoever has the number gets them from the page.
    ('report_snapshot', $$(SELECT gatepost_sees_all())$$),
    -- Nothing of a measure stands in these.
    ('figures_settings_version', NULL),
    ('mapping_version', NULL),
    ('exchange_rate', NULL),
    ('sweep', NULL),
    ('worker', NULL),
    ('rate_limit', NULL),
    ('provisioned_object', NULL),
    ('figures_settings', NULL),
    ('figures_progress', NULL),
    ('alembic_version', NULL);

SELECT gatepost_apply_policies();
