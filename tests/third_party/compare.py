"""Compare two outputs of lifelines_numbers.py: the same models, the same numbers to 1e-4.

(What an optimizer stops at depends on the last bits of the gradients it was given.)
"""

import json
import sys
from pathlib import Path

import numpy as np

ours, theirs = (json.loads(Path(name).read_text()) for name in sys.argv[1:])
assert ours.keys() == theirs.keys()
for name, numbers in ours.items():
    np.testing.assert_allclose(numbers, theirs[name], rtol=1e-4, atol=1e-5, err_msg=name)
print(f"{len(ours)} models agree")
