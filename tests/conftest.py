"""For all tests: the programs that they start run unmeasured."""

import os

# coverage measures the workers of the tests through these. A service that a test starts would be traced as well, at twice its
# time, although what it runs is measured in the workers.
for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ.pop(name, None)
