"""Learning: fine-tuning as a fastai Learner, and linear probes of frozen features."""
