"""What is said when a life is in danger, and what follows."""
