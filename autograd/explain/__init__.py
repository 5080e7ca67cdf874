"""Readers of the tape for people: the recorder, drawings."""

from autograd.explain.anomaly import detect_anomaly as detect_anomaly
from autograd.explain.check import Report as Report, Verdict as Verdict
from autograd.explain.derivation import Derivation as Derivation, derive as derive
from autograd.explain.entries import Call as Call, Entry as Entry, Input as Input
from autograd.explain.exercise import Exercise as Exercise, exercise as exercise
from autograd.explain.graph import draw as draw
from autograd.explain.paths import Path as Path, Paths as Paths
from autograd.explain.recorder import Tape as Tape
from autograd.explain.render import Drawing as Drawing
from autograd.explain.rules import rule as rule
from autograd.explain.stepper import Step as Step, Stepper as Stepper
