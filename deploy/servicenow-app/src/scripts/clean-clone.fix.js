// Run on a clone (or as a clone clean-up script): it stops sending and gating in the name of the original.
GatepostInstallation.cleanClone();
