// Whoever may read the record may read this of it, by the access controls of the record's own table.
answer = GatepostAccess.canReadTask(current.getValue('u_task'));
