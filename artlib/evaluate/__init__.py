"""From what a network said to what may be claimed: predictions, metrics, statistics, comparisons."""
