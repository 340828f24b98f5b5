#!/usr/bin/env python3
"""Writes rules.tsv: recurrence rules by chance, and what Debian's python3-dateutil has of them.

A line is a rule, a start, how many occurrences follow, and these. Run it again only to have other rules:

    python3 tests/unit/pim/make_rules.py > tests/unit/pim/rules.tsv

Left out is where dateutil is known to go another way than RFC 5545: numbered and plain days in one BYDAY,
BYSETPOS of a week that has begun before the start, and a BYWEEKNO without a day, which means that of the start."""

import datetime
import random
import signal

from dateutil.rrule import rrulestr

SEED = 5545
RULES = 400
SHOWN = 8
FREQUENCIES = ["YEARLY"] * 5 + ["MONTHLY"] * 4 + ["WEEKLY"] * 2 + ["DAILY"] * 2 + ["HOURLY", "MINUTELY", "SECONDLY"]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
LAST_YEAR = 2200


def some(chance, values, most):
    return ",".join(str(value) for value in chance.sample(values, chance.randint(1, most)))


def both_ways(most):
    return [*range(1, most + 1), *range(-most, 0)]


def days_part(chance, frequency, has_weeks):
    if frequency in ("YEARLY", "MONTHLY") and not has_weeks and chance.random() < 0.5:
        most = 50 if frequency == "YEARLY" and chance.random() < 0.5 else 5
        return ",".join(f"{chance.choice(both_ways(most))}{day}" for day in chance.sample(DAYS, chance.randint(1, 3)))
    return some(chance, DAYS, 4)


def make(chance):
    frequency = chance.choice(FREQUENCIES)
    within_day = frequency in ("HOURLY", "MINUTELY", "SECONDLY")
    parts = {"FREQ": frequency}
    start = datetime.datetime(chance.randint(1990, 2040), 1, 1) + datetime.timedelta(seconds=chance.randrange(365 * 86400))
    if chance.random() < 0.5:
        parts["INTERVAL"] = chance.choice([2, 3, 4, 5, 7, 10] + ([25, 90] if within_day else []))
    if chance.random() < 0.4:
        parts["BYMONTH"] = some(chance, range(1, 13), 4)
    if frequency == "YEARLY" and chance.random() < 0.25:
        parts["BYWEEKNO"] = some(chance, [1, 2, 5, 10, 20, 33, 52, 53, -1, -2, -10], 3)
        parts["BYDAY"] = days_part(chance, frequency, True)
    elif chance.random() < 0.4:
        parts["BYDAY"] = days_part(chance, frequency, False)
    if (frequency == "YEARLY" or within_day) and chance.random() < 0.25:
        parts["BYYEARDAY"] = some(chance, both_ways(366), 30)
    if frequency != "WEEKLY" and chance.random() < 0.25:
        parts["BYMONTHDAY"] = some(chance, both_ways(31), 8)
    for name, most in (("BYHOUR", 24), ("BYMINUTE", 60), ("BYSECOND", 60)):
        if chance.random() < 0.25:
            parts[name] = some(chance, range(most), 5)
    if len(parts) > 2 and chance.random() < 0.25:
        parts["BYSETPOS"] = some(chance, [1, 2, 3, 4, 7, -1, -2, -5], 3)
    if chance.random() < 0.3:
        parts["WKST"] = chance.choice(DAYS)
    if frequency == "WEEKLY" and "BYSETPOS" in parts:
        start -= datetime.timedelta(days=(start.weekday() - DAYS.index(parts.get("WKST", "MO"))) % 7)
    limit = chance.random()
    if limit < 0.3:
        parts["COUNT"] = chance.randint(1, SHOWN - 2)
    elif limit < 0.6:
        parts["UNTIL"] = (start + datetime.timedelta(days=chance.choice([3, 100, 4000]))).strftime("%Y%m%dT%H%M%S")
    return ";".join(f"{name}={value}" for name, value in parts.items()), start


def followed(rule, start):
    """None: dateutil cannot say, or not soon."""
    try:
        series = rrulestr(rule, dtstart=start)
    except ValueError:  # its parts exclude each other
        return []
    found = []
    signal.alarm(1)
    try:
        for one in series:
            found.append(one)
            if len(found) == SHOWN or one.year > LAST_YEAR:
                break
    except (TimeoutError, IndexError):  # the second where a year has no such week or day
        return None
    finally:
        signal.alarm(0)
    return found


def give_up(*_):
    raise TimeoutError


def main():
    signal.signal(signal.SIGALRM, give_up)
    chance = random.Random(SEED)
    written = 0
    while written < RULES:
        rule, start = make(chance)
        found = followed(rule, start)
        if found is None:
            continue
        texts = " ".join(one.strftime("%Y%m%dT%H%M%S") for one in found)
        print(rule, start.strftime("%Y%m%dT%H%M%S"), len(found), texts, sep="\t")
        written += 1


if __name__ == "__main__":
    main()
