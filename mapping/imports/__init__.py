"""Files of money: a profile says where the amounts stand, and what is read are stated amounts or named problems."""
