"""What is played and where: games, their stat sets, and rooms."""
