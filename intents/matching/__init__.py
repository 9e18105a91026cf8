"""From a message to an intent: normalisation, features, the classifier and its decisions."""
