-- atlas:txmode none

VACUUM orders;
