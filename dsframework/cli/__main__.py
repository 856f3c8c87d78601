"""``python -m dsframework.cli``."""

import sys

from dsframework.cli._main import main

sys.exit(main())
