// Run once after the first commit of the core set, and again whenever you like: it changes nothing that is set.
GatepostInstallation.finish();
